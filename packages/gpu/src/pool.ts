import { COPY_DST, COPY_SRC, STORAGE } from "./constants.ts";

/** Bytes of free buffers that are kept for the next ones. */
const KEPT = 256 * 2 ** 20;

/** Buffers by size. Freed ones are used again: the queue runs in order, so that whatever was queued before still finds its data. */
export class Pool {
  readonly #device: GPUDevice;
  readonly #free = new Map<number, GPUBuffer[]>();
  /** Free or not. */
  readonly #all = new Set<GPUBuffer>();
  #kept = 0;
  #live = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  take(bytes: number): GPUBuffer {
    const size = capacityOf(bytes);
    this.#live++;
    const free = this.#free.get(size)?.pop();
    if (free === undefined) {
      const made = this.#device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
      this.#all.add(made);
      return made;
    }
    this.#kept -= size;
    return free;
  }

  give(buffer: GPUBuffer): void {
    this.#live--;
    const { size } = buffer;
    if (this.#kept + size > KEPT) {
      this.#all.delete(buffer);
      return buffer.destroy();
    }
    this.#kept += size;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [buffer]);
    else free.push(buffer);
  }

  /** Gives all memory back to the device. */
  end(): void {
    for (const buffer of this.#all) buffer.destroy();
    this.#all.clear();
    this.#free.clear();
  }

  describe(): Readonly<Record<string, unknown>> {
    return { buffers: this.#live, freeBytes: this.#kept };
  }
}

/** A few sizes for each power of two, so that buffers fit again. */
function capacityOf(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}
