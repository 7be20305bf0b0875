import zlib from "node:zlib";
import { type Compressors, snappyUncompress } from "hyparquet";

/** Snappy's longest copy is 64 bytes, told by 3. */
const SNAPPY_RATIO = 22;

/**
 * How pages are unpacked: snappy by hyparquet, the others by Node (zstd since 22.15). None gives more than a page says that
 * it holds, and snappy, which takes the memory first, refuses what no page of its size can hold.
 */
export const PARQUET_COMPRESSORS: Compressors = {
  SNAPPY(input, outputLength) {
    if (outputLength > SNAPPY_RATIO * input.length + 64) {
      throw new RangeError(`a page of ${input.length} bytes of snappy cannot hold ${outputLength}`);
    }
    const output = new Uint8Array(outputLength);
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input, outputLength) => zlib.gunzipSync(input, limit(outputLength)),
  BROTLI: (input, outputLength) => zlib.brotliDecompressSync(input, limit(outputLength)),
  ...(typeof zlib.zstdDecompressSync === "function" && {
    ZSTD: (input, outputLength) => zlib.zstdDecompressSync(input, limit(outputLength)),
  }),
};

function limit(outputLength: number): { readonly maxOutputLength: number } {
  return { maxOutputLength: Math.max(outputLength, 1) };
}
