/** Every block starts at a multiple of this, the length of a cache line, and takes up a multiple of it. */
export const ALIGNMENT = 64;

/**
 * Hands out blocks of one growing stretch of memory, of which it knows numbers only. Free blocks are kept in the order of their
 * addresses and joined with their neighbours; the smallest that fits is taken.
 */
export class Heap {
  #end: number;
  /** Free blocks: starts, and sizes. */
  readonly #starts: number[] = [];
  readonly #sizes: number[] = [];

  /** @param start first byte, a multiple of ALIGNMENT */
  constructor(start: number, end: number) {
    this.#end = start;
    this.extend(end);
  }

  /** Bytes that are free, and the largest block among them. */
  get free(): { readonly bytes: number; readonly largest: number } {
    return { bytes: this.#sizes.reduce((sum, size) => sum + size, 0), largest: Math.max(0, ...this.#sizes) };
  }

  /** How far the stretch would have to go for a block of `bytes` to fit behind everything else. */
  endFor(bytes: number): number {
    const last = this.#starts.length - 1;
    const start = this.#starts[last];
    const size = this.#sizes[last];
    const tail = start !== undefined && size !== undefined && start + size === this.#end ? start : this.#end;
    return tail + blockSize(bytes);
  }

  /** The stretch goes further now. */
  extend(end: number): void {
    const usable = end - (end % ALIGNMENT);
    if (usable <= this.#end) return;
    const start = this.#end;
    this.#end = usable;
    this.#release(start, usable - start);
  }

  /** Address of a block for so many bytes, or undefined where none fits. */
  allocate(bytes: number): number | undefined {
    const needed = blockSize(bytes);
    let best = -1;
    for (let i = 0; i < this.#sizes.length; i++) {
      const size = this.#sizes[i] as number;
      if (size >= needed && (best < 0 || size < (this.#sizes[best] as number))) best = i;
      if (size === needed) break;
    }
    if (best < 0) return undefined;
    const start = this.#starts[best] as number;
    const left = (this.#sizes[best] as number) - needed;
    if (left === 0) {
      this.#starts.splice(best, 1);
      this.#sizes.splice(best, 1);
    } else {
      this.#starts[best] = start + needed;
      this.#sizes[best] = left;
    }
    return start;
  }

  /** Takes back a block of `bytes`. */
  release(address: number, bytes: number): void {
    this.#release(address, blockSize(bytes));
  }

  #release(start: number, size: number): void {
    const starts = this.#starts;
    const sizes = this.#sizes;
    const at = this.#placeOf(start);
    const before = at > 0 && (starts[at - 1] as number) + (sizes[at - 1] as number) === start;
    const after = at < starts.length && start + size === starts[at];
    if (before) {
      sizes[at - 1] = (sizes[at - 1] as number) + size + (after ? (sizes[at] as number) : 0);
      if (!after) return;
      starts.splice(at, 1);
      sizes.splice(at, 1);
    } else if (after) {
      starts[at] = start;
      sizes[at] = (sizes[at] as number) + size;
    } else {
      starts.splice(at, 0, start);
      sizes.splice(at, 0, size);
    }
  }

  /** Number of free blocks before an address. */
  #placeOf(address: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] as number) < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What a block of so many bytes takes up: something, even for none. */
function blockSize(bytes: number): number {
  return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
}
