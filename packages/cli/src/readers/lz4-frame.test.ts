import * as fc from "fast-check";
import { compressFrameSync } from "lz4-napi";
import { describe, expect, it } from "vitest";
import { packable } from "../testing/packable.ts";
import { unpackLz4Frames } from "./lz4-frame.ts";
import { xxHash32 } from "./xxhash.ts";

const LIMIT = 2 ** 20;

it("gives back what another program packed, with checksums and without", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(), { maxLength: 8 }).map(packable),
      fc.boolean(),
      fc.boolean(),
      (original, contentChecksum, blockChecksums) => {
        const packed = compressFrameSync(original, { contentChecksum, blockChecksums });
        expect(Buffer.compare(unpackLz4Frames(packed, LIMIT), original)).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

function outcome(packed: Uint8Array): string {
  try {
    return Buffer.compare(unpackLz4Frames(packed, LIMIT), SENTENCES) === 0 ? "the same" : "other bytes";
  } catch (error) {
    return (error as Error).name;
  }
}

// two blocks, of 64 KiB and the rest, by the lz4 command, 1.9.4
const SENTENCE = "The quick brown fox jumps over the lazy dog";
const SENTENCES = Buffer.from(SENTENCE.repeat(1600) + SENTENCE.slice(3));
const INDEPENDENT = [
  "BCJNGGRApzYBAAD/HFRoZSBxdWljayBicm93biBmb3gganVtcHMgb3ZlciB0aGUgbGF6eSBkb2crAP" + "/".repeat(340),
  "+9UGdUaGUgRgAAAP8ccXVpY2sgYnJvd24gZm94IGp1bXBzIG92ZXIgdGhlIGxhenkgZG9nVGhlICsA" + "/".repeat(16),
  "jg+WDBBQeSBkb2cAAAAAUlN0MQ==",
];
const LINKED = [
  "BCJNGFxA6AwBAAAAAADKNgEAAP8cVGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZysA" + "/".repeat(341),
  "71QZ1RoZSC+xquJGgAAAA8rAP" + "/".repeat(15),
  "7kPKAAQUHkgZG9nD9h1+QAAAABSU3Qx",
];

describe.each([
  ["independent blocks, -B4 -BI", INDEPENDENT],
  ["linked blocks, -B4 -BD -BX --content-size -9", LINKED],
])("%s", (_, base64) => {
  const packed = Buffer.from(base64.join(""), "base64");

  it("is unpacked, as are two one after the other", () => {
    expect(Buffer.compare(unpackLz4Frames(packed, LIMIT), SENTENCES)).toBe(0);
    const twice = unpackLz4Frames(Buffer.concat([packed, packed]), LIMIT);
    expect(Buffer.compare(twice, Buffer.concat([SENTENCES, SENTENCES]))).toBe(0);
  });

  it("cut short anywhere it is refused", () => {
    for (let length = 0; length < packed.length; length++) {
      expect(() => unpackLz4Frames(packed.subarray(0, length), LIMIT)).toThrow("LZ4 ends early");
    }
  });

  it("changed anywhere it gives the same, or a RangeError", () => {
    for (let at = 0; at < packed.length; at++) {
      const changed = Buffer.from(packed);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(outcome(changed), `byte ${at}`).toBeOneOf(["the same", "RangeError"]);
    }
  });

  it("gives no more than it may", () => {
    expect(unpackLz4Frames(packed, SENTENCES.length)).toHaveLength(SENTENCES.length);
    const message = `more than ${SENTENCES.length - 1} bytes in LZ4`;
    expect(() => unpackLz4Frames(packed, SENTENCES.length - 1)).toThrow(message);
  });
});

const MAGIC = [4, 0x22, 0x4d, 0x18];
const END = [0, 0, 0, 0];
const VERSION_1 = 0b0100_0000;
const INDEPENDENT_BLOCKS = 0b10_0000;
const BLOCK_CHECKSUMS = 0b1_0000;
const CONTENT_SIZE = 0b1000;
const CONTENT_CHECKSUM = 0b100;
const DICTIONARY = 1;
const KIB_64 = 4 << 4;

const word = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];
const abcd = [97, 98, 99, 100];
const stored = (bytes: readonly number[]): number[] => [...word(2 ** 31 + bytes.length), ...bytes];
const packedBlock = (bytes: readonly number[]): number[] => [...word(bytes.length), ...bytes];
const literals = packedBlock([4 << 4, ...abcd]);
/** Four bytes that were there four bytes before. */
const match = packedBlock([0, 4, 0, 0]);
/** One byte, and 255 × 257 + 19 times the same. */
const long = packedBlock([(1 << 4) | 15, 7, 1, 0, ...Array.from({ length: 257 }, () => 255), 0, 0]);

/** A frame's header. */
function header(flags: number, sizes: number = KIB_64, more: readonly number[] = []): number[] {
  const descriptor = [VERSION_1 | flags, sizes, ...more];
  return [...MAGIC, ...descriptor, (xxHash32(Uint8Array.from(descriptor)) >>> 8) & 255];
}

it.each<[string, readonly number[], readonly number[]]>([
  ["no block", [...header(0), ...END], []],
  ["a block that is not packed", [...header(0), ...stored(abcd), ...END], abcd],
  ["a block that copies from one before", [...header(0), ...literals, ...match, ...END], [...abcd, ...abcd]],
  ["and from one that is not packed", [...header(0), ...stored(abcd), ...match, ...END], [...abcd, ...abcd]],
  ["a frame of something else", [0x5f, 0x2a, 0x4d, 0x18, ...word(3), 1, 2, 3], []],
  [
    "such a frame before another",
    [0x50, 0x2a, 0x4d, 0x18, ...word(3), 1, 2, 3, ...header(0), ...literals, ...END],
    abcd,
  ],
])("%s", (_, packed, expected) => {
  expect([...unpackLz4Frames(Uint8Array.from(packed), LIMIT)]).toEqual(expected);
});

it.each<[string, readonly number[], string]>([
  ["nothing at all", [], "LZ4 ends early, after 0 bytes"],
  ["something else", [...abcd, 0, 0, 0], "LZ4 begins with 184d2204; got 64636261"],
  ["something else after a frame", [...header(0), ...END, ...abcd], "LZ4 begins with 184d2204; got 64636261"],
  ["another version", [...header(VERSION_1 ^ 0b1100_0000), ...END], "LZ4 of version 3"],
  ["a dictionary", [...header(DICTIONARY, KIB_64, word(1)), ...END], "LZ4 that needs a dictionary"],
  ["a header that changed", [...header(0).with(5, 5 << 4), ...END], "the checksum of a header in LZ4 does not match"],
  ["a block without a checksum", [...header(BLOCK_CHECKSUMS), ...literals], "LZ4 ends early, after 16 bytes"],
  [
    "a block of another checksum",
    [...header(BLOCK_CHECKSUMS), ...literals, ...word(1), ...END],
    "the checksum of a block in LZ4 does not match",
  ],
  [
    "content of another checksum",
    [...header(CONTENT_CHECKSUM), ...literals, ...END, ...word(1)],
    "the checksum of content in LZ4 does not match",
  ],
  [
    "another size",
    [...header(CONTENT_SIZE, KIB_64, [...word(5), ...word(0)]), ...literals, ...END],
    "a frame of 5 bytes unpacks to 4",
  ],
  [
    "another size by far",
    [...header(CONTENT_SIZE, KIB_64, [...word(4), ...word(1)]), ...literals, ...END],
    "a frame of 4294967300 bytes unpacks to 4",
  ],
  ["a block that is cut", [...header(0), ...word(2000), 4 << 4, ...abcd], "LZ4 ends early, after 16 bytes"],
  ["a block that does not end", [...header(0), ...packedBlock([4 << 4, ...abcd, 1])], "LZ4 ends early, after 6 bytes"],
  ["a block longer than it may be", [...header(0), ...long, ...END], "a block of 65536 bytes unpacks to 65555"],
  [
    "a block that copies from one before, and may not",
    [...header(INDEPENDENT_BLOCKS), ...literals, ...match, ...END],
    "LZ4 copies from 4 bytes back, after 0",
  ],
  [
    "a frame that copies from one before",
    [...header(0), ...literals, ...END, ...header(0), ...match, ...END],
    "LZ4 copies from 4 bytes back, after 0",
  ],
])("refused: %s", (_, packed, message) => {
  expect(() => unpackLz4Frames(Uint8Array.from(packed), LIMIT)).toThrow(RangeError);
  expect(() => unpackLz4Frames(Uint8Array.from(packed), LIMIT)).toThrow(message);
});
