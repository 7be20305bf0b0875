import zlib from "node:zlib";
import { type CompressionCodec, snappyUncompress } from "hyparquet";

/** Snappy's longest copy is 64 bytes, told by 3. */
const SNAPPY_RATIO = 22;

/**
 * Unpacks a page: snappy by hyparquet, the others by Node (zstd since 22.15). None gives more than the page says that it
 * holds, and snappy, which takes the memory first, refuses what no page of its size can hold.
 *
 * @param memory where to, if it is large enough and the codec can
 * @throws RangeError, or what the codec throws
 */
export function unpackPage(
  packed: Uint8Array,
  size: number,
  { codec, memory }: { readonly codec: CompressionCodec; readonly memory: Uint8Array },
): Uint8Array {
  const page = unpack(packed, size, { codec, memory });
  if (page.length !== size) throw new RangeError(`a page of ${size} bytes unpacks to ${page.length}`);
  return page;
}

function unpack(
  packed: Uint8Array,
  size: number,
  { codec, memory }: { readonly codec: CompressionCodec; readonly memory: Uint8Array },
): Uint8Array {
  if (codec === "SNAPPY") {
    if (size > SNAPPY_RATIO * packed.length + 64) {
      throw new RangeError(`a page of ${packed.length} bytes of snappy cannot hold ${size}`);
    }
    const output = memory.length < size ? new Uint8Array(size) : memory.subarray(0, size);
    snappyUncompress(packed, output);
    return output;
  }
  // one chunk that is not filled, as Node gathers several in memory of their own before it joins them
  const limits = { maxOutputLength: Math.max(size, 1), chunkSize: Math.max(size + 1, 64) };
  if (codec === "GZIP") return zlib.gunzipSync(packed, limits);
  if (codec === "BROTLI") return zlib.brotliDecompressSync(packed, limits);
  if (codec === "ZSTD" && typeof zlib.zstdDecompressSync === "function") return zlib.zstdDecompressSync(packed, limits);
  throw new RangeError(`pages packed by ${codec} cannot be read${codec === "ZSTD" ? " before Node 22.15" : ""}`);
}
