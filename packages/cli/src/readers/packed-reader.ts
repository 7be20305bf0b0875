import type { SeekableBytes } from "./bytes.ts";

/** From here on the platform's copy is quicker than a loop. */
export const LONG_COPY = 24;
/** Packed bytes are looked at through this, one page after the other. */
const WINDOW = new Uint8Array(2 ** 18);

/** Packed bytes, front to back. All methods throw a RangeError where they end too early. */
export interface PackedReader {
  isAtEnd(): boolean;
  /** The next bytes as a number, the least first. */
  number(bytes: number): number;
  /** Puts the next bytes at `to … end − 1`. */
  copy(into: Uint8Array, to: number, end: number): void;
  skip(bytes: number): void;
}

/**
 * Reads what a codec has packed: from memory, or through a window, past which long runs of bytes go straight to where they are wanted. The
 * window is shared: one reader at a time.
 *
 * @param codec for messages
 */
export function packedReader(packed: SeekableBytes | Uint8Array, codec: string): PackedReader {
  const inMemory = packed instanceof Uint8Array;
  const window = inMemory ? packed : WINDOW;
  const size = inMemory ? packed.length : packed.size;
  /** Where the window lies, how much of it is filled, and what is next in it. */
  let start = 0;
  let filled = inMemory ? size : 0;
  let at = 0;
  return { isAtEnd: () => start + at >= size, number, copy, skip };

  function number(bytes: number): number {
    if (at + bytes > filled) fill(bytes);
    let result = 0;
    for (let i = 0, unit = 1; i < bytes; i++, unit *= 256) result += (window[at++] as number) * unit;
    return result;
  }

  function copy(into: Uint8Array, to: number, end: number): void {
    const bytes = end - to;
    if (at + bytes > filled) {
      const from = start + at;
      skip(bytes);
      (packed as SeekableBytes).readAt(from, into.subarray(to, end));
    } else if (bytes < LONG_COPY) for (let i = to; i < end; i++) into[i] = window[at++] as number;
    else {
      into.set(window.subarray(at, at + bytes), to);
      at += bytes;
    }
  }

  function skip(bytes: number): void {
    if (start + at + bytes > size) throw endsEarly();
    at += bytes;
    if (at <= filled) return;
    start += at;
    filled = at = 0;
  }

  function fill(least: number): void {
    if (start + at + least > size) throw endsEarly();
    start += at;
    at = 0;
    filled = Math.min(WINDOW.length, size - start);
    (packed as SeekableBytes).readAt(start, WINDOW.subarray(0, filled));
  }

  function endsEarly(): RangeError {
    return new RangeError(`${codec} ends early, after ${size} bytes`);
  }
}
