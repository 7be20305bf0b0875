import { GpuBuffer } from "./buffer.ts";
import { COPY_DST, COPY_SRC, STORAGE } from "./constants.ts";
import type { DeviceFault } from "./faults.ts";
import { scoped } from "./scopes.ts";

/** Bytes of free buffers that are kept for the next ones. */
const KEPT = 256 * 2 ** 20;

/** Buffers by size. Freed ones are used again: the queue runs in order, so that whatever was queued before still finds its data. */
export class Pool {
  readonly #device: GPUDevice;
  readonly #mostBytes: number;
  readonly #free = new Map<number, GPUBuffer[]>();
  /** Free or not, with what the device said when they were made. */
  readonly #all = new Map<GPUBuffer, DeviceFault>();
  #kept = 0;
  #live = 0;

  constructor(device: GPUDevice, mostBytes: number) {
    this.#device = device;
    this.#mostBytes = mostBytes;
  }

  take(bytes: number): GpuBuffer {
    const size = Math.max(bytes, Math.min(capacityOf(bytes), this.#mostBytes));
    const device = this.#again(size) ?? this.#make(bytes, size);
    const fault = this.#all.get(device);
    const buffer = new GpuBuffer(bytes, device);
    if (fault !== undefined) buffer.faults = [fault];
    this.#live++;
    return buffer;
  }

  give(buffer: GPUBuffer): void {
    this.#live--;
    const { size } = buffer;
    if (this.#isBad(buffer) || this.#kept + size > KEPT) {
      this.#all.delete(buffer);
      return buffer.destroy();
    }
    this.#kept += size;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [buffer]);
    else free.push(buffer);
  }

  #make(bytes: number, size: number): GPUBuffer {
    const { result, fault } = scoped(this.#device, bytes, () =>
      this.#device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST }),
    );
    this.#all.set(result, fault);
    return result;
  }

  /** A free buffer; those that turned out to have no memory behind them are dropped. */
  #again(size: number): GPUBuffer | undefined {
    for (;;) {
      const buffer = this.#free.get(size)?.pop();
      if (buffer === undefined) return undefined;
      this.#kept -= size;
      if (!this.#isBad(buffer)) return buffer;
      this.#all.delete(buffer);
    }
  }

  #isBad(buffer: GPUBuffer): boolean {
    return typeof this.#all.get(buffer)?.state === "object";
  }

  /** Gives all memory back to the device. */
  end(): void {
    for (const buffer of this.#all.keys()) buffer.destroy();
    this.#all.clear();
    this.#free.clear();
  }

  describe(): Readonly<Record<string, unknown>> {
    return { buffers: this.#live, freeBytes: this.#kept };
  }
}

/** From here on there are more sizes, since what is rounded up counts. */
const LARGE = 2 ** 20;

/** A few sizes for each power of two, so that buffers fit again: 4, of large ones 16. */
function capacityOf(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - (bytes > LARGE ? 4 : 2));
  return Math.ceil(bytes / step) * step;
}
