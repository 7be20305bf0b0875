import { BackendError } from "@surprisal/core";
import { addressOf, WasmBuffer } from "./buffer.ts";
import { ALIGNMENT, Heap } from "./heap.ts";

const PAGE = 65_536;
/** What a 32-bit module can address, in pages. */
const MOST_PAGES = 65_536;
/** Kernels read whole vectors: that many bytes behind the last block are never handed out. */
const MARGIN = 64;
/** Pages to grow by at a time, as every growth makes all views anew: 1 MiB. */
const STEP = 16;

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
    if (!this.#growTo(start + MARGIN)) throw outOfMemory(start, this.memory.buffer.byteLength);
    this.#heap = new Heap(start, this.#bytes.length - MARGIN);
  }

  /** All of it, as it is now. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Bytes of it all, bytes that are free, and buffers that nobody has freed. */
  describe(): { readonly memoryBytes: number; readonly freeBytes: number; readonly buffers: number } {
    return { memoryBytes: this.#bytes.length, freeBytes: this.#heap.free.bytes, buffers: this.#buffers };
  }

  /** Called whenever earlier views of the memory are no longer good. */
  onGrow(listener: () => void): void {
    this.#onGrow.push(listener);
  }

  /** @throws BackendError `memory` */
  allocate(bytes: number): WasmBuffer {
    let address = this.#heap.allocate(bytes);
    if (address === undefined && this.#growTo(this.#heap.endFor(bytes) + MARGIN)) {
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

  /** Whether the memory has so many bytes now. */
  #growTo(bytes: number): boolean {
    const pages = Math.ceil((bytes - this.memory.buffer.byteLength) / PAGE);
    if (pages > 0 && !this.#growBy(Math.ceil(pages / STEP) * STEP) && !this.#growBy(pages)) return false;
    this.#bytes = new Uint8Array(this.memory.buffer);
    for (const listener of this.#onGrow) listener();
    return true;
  }

  #growBy(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false; // there is no more
      throw error;
    }
  }
}

function outOfMemory(bytes: number, held: number, cause?: unknown): BackendError {
  const message = `wasm: ${bytes} bytes could not be allocated: the memory has ${held} and cannot grow as far; dispose tensors, or work in smaller pieces`;
  return new BackendError("memory", message, { bytes, held, cause });
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
