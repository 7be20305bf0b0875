import type { SeekableBytes } from "./bytes.ts";
import { packedReader } from "./packed-reader.ts";

/**
 * Unpacks snappy, which has to give exactly what there is room for, in no other memory. (hyparquet's own goes in circles where a
 * literal's length in four bytes has its highest bit set, wants all of the packed bytes at once, and takes four times as long for
 * numbers that cannot be packed.)
 *
 * @throws RangeError
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function unpackSnappy(packed: SeekableBytes, into: Uint8Array): void {
  const reader = packedReader(packed, "snappy");
  let to = 0;
  const length = varint();
  if (length !== into.length) throw new RangeError(`a page of ${into.length} bytes unpacks to ${length}`);
  while (!reader.isAtEnd()) {
    const tag = reader.number(1);
    const kind = tag & 3;
    if (kind === 0) literal(tag >>> 2);
    else if (kind === 1) copy(((tag >>> 2) & 7) + 4, (tag >>> 5) * 256 + reader.number(1));
    else copy((tag >>> 2) + 1, reader.number(kind === 2 ? 2 : 4));
  }
  if (to !== into.length) throw new RangeError(`a page of ${into.length} bytes ends after ${to}`);

  /** Bytes that follow as they are; a length of 60 and more is told by one to four bytes. */
  function literal(told: number): void {
    const end = to + 1 + (told < 60 ? told : reader.number(told - 59));
    need(end);
    reader.copy(into, to, end);
    to = end;
  }

  /** Bytes that were there before, so many back; they may be among those that are being copied. */
  function copy(size: number, back: number): void {
    const end = to + size;
    need(end);
    if (back === 0 || back > to) throw new RangeError(`snappy copies from ${back} bytes back, after ${to}`);
    for (; to < end; to++) into[to] = into[to - back] as number;
  }

  function need(end: number): void {
    if (end > into.length) throw new RangeError(`a page of ${into.length} bytes goes on after its end`);
  }

  function varint(): number {
    let result = 0;
    for (let i = 0; i < 5; i++) {
      const byte = reader.number(1);
      result += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return result;
    }
    throw new RangeError("snappy begins with a length of more than 32 bits");
  }
}
