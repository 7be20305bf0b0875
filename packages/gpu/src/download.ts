import { COPY_DST, MAP_READ, READ } from "./constants.ts";
import { scoped } from "./scopes.ts";

/** The multiple of 4 at or below; devices copy whole words, and bitwise operators end at 2³¹. */
export function wordsDown(bytes: number): number {
  return bytes - (bytes % 4);
}

/** The multiple of 4 at or above. */
export function wordsUp(bytes: number): number {
  return wordsDown(bytes + 3);
}

/** Bytes `start … end − 1` of a buffer. */
export interface Part {
  readonly source: GPUBuffer;
  readonly start: number;
  readonly end: number;
}

/**
 * Parts of buffers as they are after everything that was queued before, in one go: waiting for a device is dear.
 * @throws BackendError `memory` if there is no room for the copy
 */
export async function download(device: GPUDevice, parts: readonly Part[]): Promise<ArrayBuffer[]> {
  let at = 0;
  const copies = parts.map(({ source, start, end }) => {
    const from = wordsDown(start);
    const copy = { source, from, bytes: wordsUp(end) - from, at, skip: start - from, length: end - start };
    at += copy.bytes;
    return copy;
  });
  const { result, fault } = scoped(device, at, () => {
    const staging = device.createBuffer({ size: Math.max(at, 4), usage: MAP_READ | COPY_DST });
    const encoder = device.createCommandEncoder();
    for (const copy of copies)
      if (copy.bytes > 0) encoder.copyBufferToBuffer(copy.source, copy.from, staging, copy.at, copy.bytes);
    device.queue.submit([encoder.finish()]);
    return { staging, mapping: staging.mapAsync(READ) };
  });
  const { staging, mapping } = result;
  try {
    await mapping;
    const mapped = staging.getMappedRange();
    return copies.map(({ at: first, skip, length }) => mapped.slice(first + skip, first + skip + length));
  } catch (error) {
    await fault.settled;
    throw typeof fault.state === "object" ? fault.state : error;
  } finally {
    staging.destroy();
  }
}
