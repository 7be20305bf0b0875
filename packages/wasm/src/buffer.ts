import { type DeviceBuffer, DisposedError } from "@surprisal/core";

/** A block of the module's memory. */
export class WasmBuffer implements DeviceBuffer {
  readonly byteLength: number;
  readonly #address: number;
  #freed = false;

  constructor(address: number, byteLength: number) {
    this.#address = address;
    this.byteLength = byteLength;
  }

  /** @throws DisposedError `disposed` */
  get address(): number {
    if (this.#freed) throw new DisposedError("disposed", "this buffer of the wasm backend was freed");
    return this.#address;
  }

  get freed(): boolean {
    return this.#freed;
  }

  free(): void {
    this.#freed = true;
  }
}

/** Where a buffer lies. @throws DisposedError `disposed`; TypeError for another backend's buffer */
export function addressOf(buffer: DeviceBuffer): number {
  if (buffer instanceof WasmBuffer) return buffer.address;
  throw new TypeError("this buffer does not belong to the wasm backend");
}
