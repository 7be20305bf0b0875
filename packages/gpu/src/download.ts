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

/**
 * Bytes `start … end − 1` of a buffer as they are after everything that was queued before.
 * @throws BackendError `memory` if there is no room for the copy
 */
export async function download(device: GPUDevice, source: GPUBuffer, start: number, end: number): Promise<ArrayBuffer> {
  const from = wordsDown(start);
  const bytes = wordsUp(end) - from;
  const { result, fault } = scoped(device, bytes, () => {
    const staging = device.createBuffer({ size: Math.max(bytes, 4), usage: MAP_READ | COPY_DST });
    const encoder = device.createCommandEncoder();
    if (bytes > 0) encoder.copyBufferToBuffer(source, from, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    return { staging, mapping: staging.mapAsync(READ) };
  });
  const { staging, mapping } = result;
  try {
    await mapping;
    return staging.getMappedRange().slice(start - from, end - from);
  } catch (error) {
    await fault.settled;
    throw typeof fault.state === "object" ? fault.state : error;
  } finally {
    staging.destroy();
  }
}
