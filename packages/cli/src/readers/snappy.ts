import type { SeekableBytes } from "./bytes.ts";

/** From here on the platform's copy is quicker than a loop. */
const LONG = 24;
/** Packed bytes are looked at through this, one page after the other; longer literals go straight to where they are wanted. */
const WINDOW = new Uint8Array(2 ** 18);

/**
 * Unpacks snappy, which has to give exactly what there is room for, in no other memory. (hyparquet's own goes in circles where a
 * literal's length in four bytes has its highest bit set, wants all of the packed bytes at once, and takes four times as long for
 * numbers that cannot be packed.)
 *
 * @throws RangeError
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function unpackSnappy(packed: SeekableBytes, into: Uint8Array): void {
  /** Where the window lies, how much of it is filled, and what is next in it. */
  let start = 0;
  let filled = 0;
  let at = 0;
  let to = 0;
  const length = varint();
  if (length !== into.length) throw new RangeError(`a page of ${into.length} bytes unpacks to ${length}`);
  while (start + at < packed.size) {
    const tag = number(1);
    const kind = tag & 3;
    if (kind === 0) literal(tag >>> 2);
    else if (kind === 1) copy(((tag >>> 2) & 7) + 4, (tag >>> 5) * 256 + number(1));
    else copy((tag >>> 2) + 1, number(kind === 2 ? 2 : 4));
  }
  if (to !== into.length) throw new RangeError(`a page of ${into.length} bytes ends after ${to}`);

  /** Bytes that follow as they are; a length of 60 and more is told by one to four bytes. */
  function literal(told: number): void {
    const size = 1 + (told < 60 ? told : number(told - 59));
    need(size);
    const end = to + size;
    if (start + at + size > packed.size) throw endsEarly();
    if (at + size > filled) {
      packed.readAt(start + at, into.subarray(to, end));
      to = end;
      start += at + size;
      filled = at = 0;
    } else if (size < LONG) while (to < end) into[to++] = WINDOW[at++] as number;
    else {
      into.set(WINDOW.subarray(at, at + size), to);
      at += size;
      to = end;
    }
  }

  /** Bytes that were there before, so many back; they may be among those that are being copied. */
  function copy(size: number, back: number): void {
    need(size);
    if (back === 0 || back > to) throw new RangeError(`snappy copies from ${back} bytes back, after ${to}`);
    for (const end = to + size; to < end; to++) into[to] = into[to - back] as number;
  }

  function need(size: number): void {
    if (to + size > into.length) throw new RangeError(`a page of ${into.length} bytes goes on after its end`);
  }

  function number(bytes: number): number {
    if (at + bytes > filled) fill(bytes);
    let result = 0;
    for (let i = 0; i < bytes; i++) result += (WINDOW[at++] as number) * 2 ** (8 * i);
    return result;
  }

  function fill(least: number): void {
    start += at;
    at = 0;
    filled = Math.min(WINDOW.length, packed.size - start);
    if (filled < least) throw endsEarly();
    packed.readAt(start, WINDOW.subarray(0, filled));
  }

  function endsEarly(): RangeError {
    return new RangeError(`snappy ends early, after ${packed.size} bytes`);
  }

  function varint(): number {
    let result = 0;
    for (let i = 0; i < 5; i++) {
      const byte = number(1);
      result += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return result;
    }
    throw new RangeError("snappy begins with a length of more than 32 bits");
  }
}
