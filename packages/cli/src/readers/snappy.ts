/** From here on the platform's copy is quicker than a loop. */
const LONG = 24;

/**
 * Unpacks snappy, which has to give exactly what there is room for. (hyparquet's own goes in circles where a literal's
 * length in four bytes has its highest bit set, and takes twice as long for numbers that cannot be packed.)
 *
 * @throws RangeError
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function unpackSnappy(packed: Uint8Array, into: Uint8Array): void {
  let at = 0;
  let to = 0;
  const length = varint();
  if (length !== into.length) throw new RangeError(`a page of ${into.length} bytes unpacks to ${length}`);
  while (at < packed.length) {
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
    if (at + size > packed.length) throw new RangeError(`snappy ends early, after ${packed.length} bytes`);
    if (size < LONG) for (let i = 0; i < size; i++) into[to + i] = packed[at + i] as number;
    else into.set(packed.subarray(at, at + size), to);
    at += size;
    to += size;
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
    if (at + bytes > packed.length) throw new RangeError(`snappy ends early, after ${packed.length} bytes`);
    let result = 0;
    for (let i = 0; i < bytes; i++) result += (packed[at++] as number) * 2 ** (8 * i);
    return result;
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
