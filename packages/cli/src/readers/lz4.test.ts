import * as fc from "fast-check";
import { compressSync } from "lz4-napi";
import { expect, it } from "vitest";
import { packable } from "../testing/packable.ts";
import { memoryBytes } from "./bytes.ts";
import { sizeOfLz4Block, unpackLz4 } from "./lz4.ts";

const unpacked = (packed: readonly number[], size: number): number[] => {
  const into = new Uint8Array(size);
  unpackLz4(memoryBytes(Uint8Array.from(packed), "packed"), into);
  return [...into];
};

const bytes = fc.array(fc.nat(), { maxLength: 8 }).map(packable);

/** By lz4_flex, which puts the size before the block. */
const pack = (original: Buffer): Buffer => compressSync(original).subarray(4);

it("gives back what another program packed", () => {
  fc.assert(
    fc.property(bytes, (original) => {
      const packed = pack(original);
      const into = new Uint8Array(original.length);
      unpackLz4(memoryBytes(packed, "packed"), into);
      expect(Buffer.compare(into, original)).toBe(0);
      expect(sizeOfLz4Block(packed)).toBe(original.length);
    }),
    { numRuns: 200 },
  );
});

it("bytes that are packed in more than fits in its window", () => {
  // literals of ten bytes or so, and matches between them
  const original = Buffer.from(
    Uint8Array.from({ length: 2_000_000 }, (_, i) => (i % 20 < 9 ? Math.imul(i, 0x9e3779b1) >>> 24 : i % 20)),
  );
  const packed = pack(original);
  expect(packed.length).toBeGreaterThan(2 ** 19);
  const into = new Uint8Array(original.length);
  unpackLz4(memoryBytes(packed, "packed"), into);
  expect(Buffer.compare(into, original)).toBe(0);
});

it("changed anywhere it gives as many bytes or a RangeError", () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(bytes, edits, (original, changes) => {
      const packed = pack(original);
      for (const [at, to] of changes) packed[at % packed.length] = to;
      expect(outcome(() => unpacked([...packed], original.length).length)).toBeOneOf([original.length, "RangeError"]);
    }),
    { numRuns: 1000, seed: 10 },
  );
});

function outcome(action: () => number): unknown {
  try {
    return action();
  } catch (error) {
    return (error as Error).name;
  }
}

const abcd = [97, 98, 99, 100];
const count = (size: number): number[] => Array.from({ length: size }, (_, i) => i % 256);

it.each<[string, readonly number[], readonly number[]]>([
  ["nothing", [0], []],
  ["literals", [4 << 4, ...abcd], abcd],
  ["14 literals", [14 << 4, ...count(14)], count(14)],
  ["15 literals", [15 << 4, 0, ...count(15)], count(15)],
  ["269 literals", [15 << 4, 254, ...count(269)], count(269)],
  ["270 literals", [15 << 4, 255, 0, ...count(270)], count(270)],
  ["525 literals", [15 << 4, 255, 255, 0, ...count(525)], count(525)],
  ["a match, one byte back", [4 << 4, ...abcd, 1, 0, 0], [...abcd, 100, 100, 100, 100]],
  ["a match that overlaps itself", [(4 << 4) | 1, ...abcd, 3, 0, 0], [...abcd, 98, 99, 100, 98, 99]],
  ["two matches after each other", [4 << 4, ...abcd, 4, 0, 0, 8, 0, 0], [...abcd, ...abcd, ...abcd]],
  ["a match of 18", [(1 << 4) | 14, 7, 1, 0, 0], Array.from({ length: 19 }, () => 7)],
  ["a match of 19", [(1 << 4) | 15, 7, 1, 0, 0, 0], Array.from({ length: 20 }, () => 7)],
  ["a match of 274", [(1 << 4) | 15, 7, 1, 0, 255, 0, 0], Array.from({ length: 275 }, () => 7)],
  ["a match 256 bytes back", [15 << 4, 241, ...count(256), 0, 1, 0], [...count(256), 0, 1, 2, 3]],
  ["a long match", [(15 << 4) | 15, 241, ...count(256), 255, 0, 5, 0], [...count(256), ...count(280).slice(1, 25)]],
])("%s", (_, packed, expected) => {
  expect(unpacked(packed, expected.length)).toEqual(expected);
  expect(sizeOfLz4Block(Uint8Array.from(packed))).toBe(expected.length);
});

it.each<[string, readonly number[], number, string]>([
  ["nothing at all", [], 0, "LZ4 ends early, after 0 bytes"],
  ["too few bytes", [4 << 4, ...abcd], 5, "a page of 5 bytes ends after 4"],
  ["too many literals", [4 << 4, ...abcd], 3, "a page of 3 bytes goes on after its end"],
  ["literals that are cut", [5 << 4, ...abcd], 5, "LZ4 ends early, after 5 bytes"],
  ["a length that is cut", [15 << 4, 255, 255], 9999, "LZ4 ends early, after 3 bytes"],
  ["a length of far too much", [15 << 4, ...Array.from({ length: 999 }, () => 255), 0], 9, "goes on after its end"],
  ["a match from before the beginning", [4 << 4, ...abcd, 5, 0, 0], 8, "LZ4 copies from 5 bytes back, after 4"],
  ["a match of nothing before", [0, 1, 0, 0], 4, "LZ4 copies from 1 bytes back, after 0"],
  ["a match of itself", [4 << 4, ...abcd, 0, 0, 0], 8, "LZ4 copies from 0 bytes back, after 4"],
  ["a match past the end", [(4 << 4) | 1, ...abcd, 1, 0, 0], 8, "a page of 8 bytes goes on after its end"],
  ["a match whose distance is cut", [4 << 4, ...abcd, 1], 8, "LZ4 ends early, after 6 bytes"],
  ["a match whose length is cut", [(4 << 4) | 15, ...abcd, 1, 0], 99, "LZ4 ends early, after 7 bytes"],
  ["a match at the end", [4 << 4, ...abcd, 1, 0], 8, "LZ4 ends early, after 7 bytes"],
])("refused: %s", (_, packed, size, message) => {
  expect(() => unpacked(packed, size)).toThrow(RangeError);
  expect(() => unpacked(packed, size)).toThrow(message);
});
