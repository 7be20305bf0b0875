import { BackendError } from "@surprisal/core";
import { addressOf, WasmBuffer } from "./buffer.ts";
import { ALIGNMENT, Heap } from "./heap.ts";

const PAGE = 65_536;
/** What a 32-bit module can address, in pages. */
const MOST_PAGES = 65_536;
/** Kernels read whole vectors: that many bytes behind the last block are never handed out. */
const MARGIN = 64;

/** The module's memory, and what lies in it: fixed areas first, then buffers. */
export class WasmMemory {
  readonly memory: WebAssembly.Memory;
  readonly #heap: Heap;
  readonly #onGrow: (() => void)[] = [];
  #bytes: Uint8Array;
  /** Blocks that are handed out. */
  #buffers = 0;

  /** @param fixed bytes in front of the first buffer */
  constructor(memory: WebAssembly.Memory, fixed: number) {
    this.memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    const start = Math.ceil(fixed / ALIGNMENT) * ALIGNMENT;
    this.#growTo(start + MARGIN);
    this.#heap = new Heap(start, this.#bytes.length - MARGIN);
  }

  /** All of it, as it is now. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Buffers that nobody has freed, the bytes that are free, and the bytes of it all. */
  get state(): { readonly buffers: number; readonly free: number; readonly bytes: number } {
    return { buffers: this.#buffers, free: this.#heap.free.bytes, bytes: this.#bytes.length };
  }

  /** Called whenever earlier views of the memory are no longer good. */
  onGrow(listener: () => void): void {
    this.#onGrow.push(listener);
  }

  /** @throws BackendError `memory` */
  allocate(bytes: number): WasmBuffer {
    let address = this.#heap.allocate(bytes);
    if (address === undefined) {
      this.#growTo(this.#heap.endFor(bytes) + MARGIN);
      this.#heap.extend(this.#bytes.length - MARGIN);
      address = this.#heap.allocate(bytes);
    }
    if (address === undefined) throw outOfMemory(bytes, this.#bytes.length);
    this.#buffers++;
    return new WasmBuffer(address, bytes);
  }

  free(buffer: WasmBuffer): void {
    if (buffer.freed) return;
    this.#heap.release(addressOf(buffer), buffer.byteLength);
    buffer.free();
    this.#buffers--;
  }

  #growTo(bytes: number): void {
    const missing = Math.ceil((bytes - this.memory.buffer.byteLength) / PAGE);
    if (missing > 0) {
      try {
        this.memory.grow(missing);
      } catch (error) {
        throw outOfMemory(bytes, this.memory.buffer.byteLength, error);
      }
    }
    this.#bytes = new Uint8Array(this.memory.buffer);
    for (const listener of this.#onGrow) listener();
  }
}

function outOfMemory(needed: number, held: number, cause?: unknown): BackendError {
  const message = `wasm: ${needed} bytes do not fit: the memory has ${held} and cannot grow to hold them; dispose tensors, or work in smaller pieces`;
  return new BackendError("memory", message, { bytes: needed, held, cause });
}

/**
 * A memory as large as this engine grants: the maximum is halved until it is granted, since a shared one is set aside at once.
 *
 * @throws BackendError `memory`
 */
export function newMemory(shared: boolean): { readonly memory: WebAssembly.Memory; readonly maximum: number } {
  for (let maximum = MOST_PAGES; ; maximum /= 2) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 1, maximum, shared }), maximum: maximum * PAGE };
    } catch (error) {
      if (maximum <= 1024) throw outOfMemory(maximum * PAGE, 0, error);
    }
  }
}
