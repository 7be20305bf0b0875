import zlib from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { pipeline } from "node:stream/promises";
import { readUpTo, type SeekableBytes } from "./bytes.ts";
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

/** Of packed and unpacked bytes that are on their way. */
const CHUNK_BYTES = 2 ** 18;

/** What is smaller may share memory with other things, and is unpacked at once. */
const LARGE_BYTES = 2 ** 20;

/**
 * Unpacks a page: snappy and LZ4 here, the others by Node (zstd since 22.15), large pages by another thread. None takes other memory that
 * grows with the page, nor gives more than the page says that it holds; what no page of its size can hold is refused where that is known.
 *
 * @param memory of an earlier page, which is lost
 * @returns memory that begins with the page
 * @throws RangeError, or what the codec throws
 */
export async function unpackPage(
  packed: SeekableBytes,
  size: number,
  { codec, memory }: { readonly codec: CompressionCodec; readonly memory: Uint8Array },
): Promise<Uint8Array> {
  const ours = OURS[codec];
  if (ours === undefined && packed.size < LARGE_BYTES) return unpackSmall(packed, size, codec);
  if (ours !== undefined && size > ours.ratio * packed.size + 64) {
    throw new RangeError(`a page of ${packed.size} bytes of ${ours.name} cannot hold ${size}`);
  }
  const page = roomFor(size, memory);
  if (ours === undefined) await unpackLarge(packed, page.subarray(0, size), codec);
  else ours.unpackInto(packed, page.subarray(0, size));
  return page;
}

/** The same memory where it is large enough, else other: with some to spare, which takes none before it is used. */
function roomFor(size: number, memory: Uint8Array): Uint8Array {
  if (memory.length >= size) return memory;
  if (memory.length >= LARGE_BYTES) free(memory);
  return new Uint8Array(size + Math.ceil(size / 8));
}

/** Gives memory back at once, where the platform can; the collector of garbage would leave several pages. */
function free({ buffer }: Uint8Array): void {
  if ("transfer" in buffer) (buffer as ArrayBuffer & { transfer(bytes: number): unknown }).transfer(0);
}

function unpackSmall(packed: SeekableBytes, size: number, codec: CompressionCodec): Uint8Array {
  const bytes = new Uint8Array(packed.size);
  packed.readAt(0, bytes);
  // one chunk that is not filled, as Node gathers several in memory of their own before it joins them
  const page = zlibOf(codec).atOnce(bytes, { maxOutputLength: Math.max(size, 1), chunkSize: Math.max(size + 1, 64) });
  if (page.length !== size) throw new RangeError(`a page of ${size} bytes unpacks to ${page.length}`);
  return page;
}

async function unpackLarge(packed: SeekableBytes, into: Uint8Array, codec: CompressionCodec): Promise<void> {
  let to = 0;
  await pipeline(inTurns(packed), zlibOf(codec).stream({ chunkSize: CHUNK_BYTES }), async (parts) => {
    for await (const part of parts as AsyncIterable<Uint8Array>) {
      if (to + part.length > into.length) throw new RangeError(`a page of ${into.length} bytes goes on after its end`);
      into.set(part, to);
      to += part.length;
      const { buffer, byteOffset, length } = part;
      if (buffer.byteLength === CHUNK_BYTES && byteOffset + length === CHUNK_BYTES) free(part); // full: the stream has another one
    }
  });
  if (to !== into.length) throw new RangeError(`a page of ${into.length} bytes ends after ${to}`);
}

/** Bytes in two pieces of memory that take turns: a stream asks for the next when it has taken in the last, which is more than it holds. */
async function* inTurns(bytes: SeekableBytes): AsyncGenerator<Uint8Array> {
  const buffers = [new Uint8Array(CHUNK_BYTES), new Uint8Array(CHUNK_BYTES)] as const;
  for (let turn = 0; ; turn++) {
    const into = buffers[turn % 2 === 0 ? 0 : 1];
    const count = await readUpTo(bytes, into);
    if (count === 0) return;
    yield into.subarray(0, count);
  }
}

/** A codec of Node. @throws RangeError for others */
function zlibOf(codec: CompressionCodec): Zlib {
  if (codec === "GZIP") return { atOnce: zlib.gunzipSync, stream: zlib.createGunzip };
  if (codec === "BROTLI") return { atOnce: zlib.brotliDecompressSync, stream: zlib.createBrotliDecompress };
  if (codec === "ZSTD" && typeof zlib.zstdDecompressSync === "function") {
    return { atOnce: zlib.zstdDecompressSync, stream: zlib.createZstdDecompress };
  }
  throw new RangeError(`pages packed by ${codec} cannot be read${codec === "ZSTD" ? " before Node 22.15" : ""}`);
}

interface Zlib {
  readonly atOnce: (packed: Uint8Array, limits: { maxOutputLength: number; chunkSize: number }) => Uint8Array;
  readonly stream: (options: { chunkSize: number }) => NodeJS.ReadWriteStream;
}
