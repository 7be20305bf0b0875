import { sectionOf, type SeekableBytes } from "./bytes.ts";
import { unpackLz4 } from "./lz4.ts";

/** Before a block: how many bytes it gives, and how many it has. */
const SIZES_BYTES = 8;

/**
 * Unpacks what Parquet calls LZ4, and not LZ4_RAW: blocks behind their sizes, as Hadoop has them, or of some writers one block alone. Read as
 * a size, its beginning is 16 MiB at least: the first byte is 0 only where a block begins with a copy, of which there is nothing yet.
 *
 * @throws RangeError
 */
export function unpackHadoopLz4(packed: SeekableBytes, into: Uint8Array): void {
  if (!hasSizes(packed, into.length)) return unpackLz4(packed, into);
  let to = 0;
  for (let at = 0; at < packed.size;) {
    const { unpacked, size } = sizesAt(packed, at);
    at += SIZES_BYTES;
    if (unpacked > into.length - to) throw new RangeError(`a page of ${into.length} bytes goes on after its end`);
    if (size > packed.size - at) throw endsEarly(packed);
    unpackLz4(sectionOf(packed, at, size), into.subarray(to, to + unpacked));
    at += size;
    to += unpacked;
  }
  if (to !== into.length) throw new RangeError(`a page of ${into.length} bytes ends after ${to}`);
}

function hasSizes(packed: SeekableBytes, most: number): boolean {
  if (packed.size < SIZES_BYTES) return false;
  const { unpacked, size } = sizesAt(packed, 0);
  return unpacked <= most && size <= packed.size - SIZES_BYTES;
}

function sizesAt(packed: SeekableBytes, at: number): { readonly unpacked: number; readonly size: number } {
  if (at + SIZES_BYTES > packed.size) throw endsEarly(packed);
  const bytes = new Uint8Array(SIZES_BYTES);
  packed.readAt(at, bytes);
  const view = new DataView(bytes.buffer);
  return { unpacked: view.getUint32(0), size: view.getUint32(4) };
}

function endsEarly({ size }: SeekableBytes): RangeError {
  return new RangeError(`LZ4 ends early, after ${size} bytes`);
}
