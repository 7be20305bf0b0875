import zlib from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import type { SeekableBytes } from "./bytes.ts";
import { unpackSnappy } from "./snappy.ts";

/** Snappy's longest copy is 64 bytes, told by 3. */
const SNAPPY_RATIO = 22;

/** What is smaller may share memory with other things. */
const LARGE_BYTES = 2 ** 20;

/**
 * Unpacks a page: snappy here, which takes no other memory, the others by Node (zstd since 22.15), which takes the packed bytes as well. None
 * gives more than the page says that it holds, and snappy, which takes the memory first, refuses what no page of its size can hold.
 *
 * @param memory of an earlier page, which is lost
 * @returns memory that begins with the page
 * @throws RangeError, or what the codec throws
 */
export function unpackPage(
  packed: SeekableBytes,
  size: number,
  { codec, memory }: { readonly codec: CompressionCodec; readonly memory: Uint8Array },
): Uint8Array {
  if (codec === "SNAPPY") {
    if (size > SNAPPY_RATIO * packed.size + 64) {
      throw new RangeError(`a page of ${packed.size} bytes of snappy cannot hold ${size}`);
    }
    const page = roomFor(size, memory);
    unpackSnappy(packed, page.subarray(0, size));
    return page;
  }
  free(memory);
  const bytes = new Uint8Array(packed.size);
  packed.readAt(0, bytes);
  const page = unpack(bytes, size, codec);
  free(bytes);
  if (page.length !== size) throw new RangeError(`a page of ${size} bytes unpacks to ${page.length}`);
  return page;
}

/** The same memory where it is large enough, else other: with some to spare, which takes none before it is used. */
function roomFor(size: number, memory: Uint8Array): Uint8Array {
  if (memory.length >= size) return memory;
  free(memory);
  return new Uint8Array(size + Math.ceil(size / 8));
}

/** Gives large memory back at once, where the platform can; the collector of garbage would leave several pages. */
function free({ buffer }: Uint8Array): void {
  if (buffer.byteLength >= LARGE_BYTES && "transfer" in buffer)
    (buffer as ArrayBuffer & { transfer(bytes: number): unknown }).transfer(0);
}

function unpack(packed: Uint8Array, size: number, codec: CompressionCodec): Uint8Array {
  // one chunk that is not filled, as Node gathers several in memory of their own before it joins them
  const limits = { maxOutputLength: Math.max(size, 1), chunkSize: Math.max(size + 1, 64) };
  if (codec === "GZIP") return zlib.gunzipSync(packed, limits);
  if (codec === "BROTLI") return zlib.brotliDecompressSync(packed, limits);
  if (codec === "ZSTD" && typeof zlib.zstdDecompressSync === "function") return zlib.zstdDecompressSync(packed, limits);
  throw new RangeError(`pages packed by ${codec} cannot be read${codec === "ZSTD" ? " before Node 22.15" : ""}`);
}
