import zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { randomFrom } from "../fuzz/random.ts";
import { memoryBytes } from "./bytes.ts";
import { unpackPage } from "./parquet-compressors.ts";

/** Of which half can be packed: more than is unpacked at once, in several chunks. */
const random = randomFrom(1);
const LARGE = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => (i % 4 < 2 ? random.below(256) : i >>> 16)));
const SMALL = LARGE.subarray(0, 5000);

describe.each([
  ["GZIP", zlib.gzipSync],
  [
    "BROTLI",
    (bytes: Buffer) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 } }),
  ],
  ["ZSTD", zlib.zstdCompressSync],
] as const)("%s", (codec, pack) => {
  const unpack = async (packed: Uint8Array, size: number, memory = new Uint8Array(0)): Promise<Uint8Array> =>
    unpackPage(memoryBytes(packed, "packed"), size, { codec, memory });

  it.each([
    ["a small page", SMALL],
    ["a large one", LARGE],
  ])("gives back %s, and its size has to be right", async (_, page) => {
    const packed = pack(page);
    expect(packed.length > 2 ** 20).toBe(page === LARGE);
    const memory = new Uint8Array(page.length);
    const into = await unpack(packed, page.length, memory);
    expect(Buffer.compare(into.subarray(0, page.length), page)).toBe(0);
    await expect(unpack(packed, page.length - 1)).rejects.toThrow(/goes on after its end|larger than \d+ bytes/);
    await expect(unpack(packed, page.length + 1)).rejects.toThrow(/a page of \d+ bytes (ends after|unpacks to) \d+/);
    await expect(unpack(packed.subarray(0, -20), page.length)).rejects.toThrow("unexpected end of file");
    await expect(unpack(page, page.length)).rejects.toThrow(/header|Decompression failed|frame descriptor/);
  });

  it("puts a large page where the one before was", async () => {
    const memory = new Uint8Array(LARGE.length + 1);
    expect((await unpack(pack(LARGE), LARGE.length, memory)) === memory).toBe(true); // a failure shows no megabytes
  });
});

it("other codecs are none of these", async () => {
  const unpacking = unpackPage(memoryBytes(SMALL, "packed"), 9, { codec: "LZO", memory: new Uint8Array(0) });
  await expect(unpacking).rejects.toThrow("pages packed by LZO cannot be read");
});
