import type { SeekableBytes } from "./bytes.ts";
import { LONG_COPY, type PackedReader, packedReader } from "./packed-reader.ts";

/** What a sequence's token has half a byte for: lengths of so much go on in the bytes that follow. */
const LONG_LENGTH = 15;
const SHORTEST_MATCH = 4;

/**
 * Unpacks one block of LZ4, as in Parquet's LZ4_RAW, which has to give exactly what there is room for, in no other memory.
 *
 * @throws RangeError
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
export function unpackLz4(packed: SeekableBytes, into: Uint8Array): void {
  const to = unpackLz4Block(packed, into, { first: 0, to: 0 });
  if (to !== into.length) throw new RangeError(`a page of ${into.length} bytes ends after ${to}`);
}

/**
 * Unpacks a block to where `to` is.
 *
 * @param place `first`: what was unpacked before, from there on, may be copied
 * @returns where the block ends
 * @throws RangeError
 */
export function unpackLz4Block(
  packed: SeekableBytes | Uint8Array,
  into: Uint8Array,
  place: { readonly first: number; readonly to: number },
): number {
  const { first } = place;
  let { to } = place;
  const reader = packedReader(packed, "LZ4");
  eachSequence(reader, {
    literals(size) {
      const end = to + size;
      need(end);
      reader.copy(into, to, end);
      to = end;
    },
    match(size, back) {
      const end = to + size;
      need(end);
      if (back === 0 || back > to - first)
        throw new RangeError(`LZ4 copies from ${back} bytes back, after ${to - first}`);
      if (size < LONG_COPY || size > back) for (; to < end; to++) into[to] = into[to - back] as number;
      else into.copyWithin(to, to - back, end - back);
      to = end;
    },
  });
  return to;

  function need(end: number): void {
    if (end > into.length) throw new RangeError(`a page of ${into.length} bytes goes on after its end`);
  }
}

/** How many bytes a block gives. @throws RangeError */
export function sizeOfLz4Block(packed: Uint8Array): number {
  const reader = packedReader(packed, "LZ4");
  let total = 0;
  eachSequence(reader, {
    literals(size) {
      reader.skip(size);
      total += size;
    },
    match(size) {
      total += size;
    },
  });
  return total;
}

/** What is done with the two parts of a sequence: bytes as they are, which are next to be read, and bytes that were there before. */
interface Parts {
  literals(size: number): void;
  match(size: number, back: number): void;
}

/** The last sequence has no match. */
function eachSequence(reader: PackedReader, parts: Parts): void {
  for (;;) {
    const token = reader.number(1);
    const size = length(token >>> 4);
    if (size > 0) parts.literals(size);
    if (reader.isAtEnd()) return;
    const back = reader.number(2);
    parts.match(SHORTEST_MATCH + length(token & 15), back);
  }

  function length(told: number): number {
    let result = told;
    if (told === LONG_LENGTH) for (let byte = 255; byte === 255; result += byte) byte = reader.number(1);
    return result;
  }
}
