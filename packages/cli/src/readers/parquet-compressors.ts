import zlib from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import type { SeekableBytes } from "./bytes.ts";
import { unpackHadoopLz4 } from "./lz4-hadoop.ts";
import { unpackLz4 } from "./lz4.ts";
import { unpackSnappy } from "./snappy.ts";

/** What is unpacked here, and how many bytes each packed one may give: snappy's longest copy is 64 bytes, told by 3; a byte of LZ4's lengths is 255. */
const OURS: Partial<
  Record<CompressionCodec, { readonly name: string; readonly ratio: number; readonly unpackInto: typeof unpackLz4 }>
> = {
  SNAPPY: { name: "snappy", ratio: 22, unpackInto: unpackSnappy },
  LZ4_RAW: { name: "LZ4", ratio: 255, unpackInto: unpackLz4 },
  LZ4: { name: "LZ4", ratio: 255, unpackInto: unpackHadoopLz4 },
};

/** What is smaller may share memory with other things. */
const LARGE_BYTES = 2 ** 20;

/**
 * Unpacks a page: snappy and LZ4 here, which takes no other memory, the others by Node (zstd since 22.15), which takes the packed bytes as well.
 * None gives more than the page says that it holds; where memory is taken first, what no page of its size can hold is refused.
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
  const ours = OURS[codec];
  if (ours !== undefined) {
    if (size > ours.ratio * packed.size + 64) {
      throw new RangeError(`a page of ${packed.size} bytes of ${ours.name} cannot hold ${size}`);
    }
    const page = roomFor(size, memory);
    ours.unpackInto(packed, page.subarray(0, size));
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
