import { type DeviceBuffer, DisposedError } from "@surprisal/core";
import type { Fault } from "./faults.ts";

/** Memory on the device. What went wrong on the way to its contents travels with it. */
export class GpuBuffer implements DeviceBuffer {
  readonly byteLength: number;
  readonly #own: boolean;
  #device: GPUBuffer | undefined;
  #faults: readonly Fault[] = [];

  /** `own`: whether the memory is the backend's, and not its user's. */
  constructor(byteLength: number, device: GPUBuffer, own: boolean = true) {
    this.byteLength = byteLength;
    this.#own = own;
    this.#device = device;
  }

  /** @throws DisposedError once it is freed */
  get device(): GPUBuffer {
    if (this.#device === undefined) throw new DisposedError("disposed", "this buffer of the gpu backend was freed");
    return this.#device;
  }

  /** What may have gone wrong, as far as it is not known to be fine. */
  get faults(): readonly Fault[] {
    this.#faults = this.#faults.filter((fault) => fault.state !== "fine");
    return this.#faults;
  }

  set faults(faults: readonly Fault[]) {
    this.#faults = faults;
  }

  /** Gives up the memory; undefined if that was done before, and for memory of the user's. */
  release(): GPUBuffer | undefined {
    const device = this.#device;
    this.#device = undefined;
    return this.#own ? device : undefined;
  }
}

/** @throws TypeError for a buffer of another backend */
export function gpuBuffer(buffer: DeviceBuffer): GpuBuffer {
  if (buffer instanceof GpuBuffer) return buffer;
  throw new TypeError("a buffer of another backend");
}
