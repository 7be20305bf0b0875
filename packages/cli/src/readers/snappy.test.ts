import * as fc from "fast-check";
import { snappyUncompress } from "hyparquet";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import { expect, it } from "vitest";
import { packable } from "../testing/packable.ts";
import { memoryBytes } from "./bytes.ts";
import { unpackSnappy } from "./snappy.ts";

const unpacked = (packed: readonly number[], size: number): number[] => {
  const into = new Uint8Array(size);
  unpackSnappy(memoryBytes(Uint8Array.from(packed), "packed"), into);
  return [...into];
};

it("gives back what another program packed", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 8 }).map(packable), (original) => {
      const packed = snappyCompress(new Uint8Array(original));
      const [ours, theirs] = [new Uint8Array(original.length), new Uint8Array(original.length)];
      unpackSnappy(memoryBytes(packed, "packed"), ours);
      snappyUncompress(packed, theirs);
      expect(Buffer.compare(ours, original)).toBe(0);
      expect(Buffer.compare(theirs, original)).toBe(0);
    }),
    { numRuns: 200 },
  );
});

it("bytes that are packed in more than fits in its window", () => {
  // literals of ten bytes or so, and copies between them
  const original = Uint8Array.from({ length: 2_000_000 }, (_, i) =>
    i % 20 < 9 ? Math.imul(i, 0x9e3779b1) >>> 24 : i % 20,
  );
  const packed = snappyCompress(original);
  expect(packed.length).toBeGreaterThan(2 ** 19);
  const into = new Uint8Array(original.length);
  unpackSnappy(memoryBytes(packed, "packed"), into);
  expect(Buffer.compare(into, original)).toBe(0);
});

const abcd = [3 << 2, 97, 98, 99, 100];

it.each<[string, readonly number[], readonly number[]]>([
  ["nothing", [0], []],
  ["a literal", [4, ...abcd], [97, 98, 99, 100]],
  ["a literal whose length is told by a byte", [4, 60 << 2, 3, 97, 98, 99, 100], [97, 98, 99, 100]],
  ["a literal whose length is told by two bytes", [4, 61 << 2, 3, 0, 97, 98, 99, 100], [97, 98, 99, 100]],
  ["a literal whose length is told by three bytes", [4, 62 << 2, 3, 0, 0, 97, 98, 99, 100], [97, 98, 99, 100]],
  ["a literal whose length is told by four bytes", [4, 63 << 2, 3, 0, 0, 0, 97, 98, 99, 100], [97, 98, 99, 100]],
  ["a copy, one byte back", [8, ...abcd, 1, 1], [97, 98, 99, 100, 100, 100, 100, 100]],
  ["a copy, two bytes of distance", [7, ...abcd, (2 << 2) | 2, 3, 0], [97, 98, 99, 100, 98, 99, 100]],
  ["a copy, four bytes of distance", [7, ...abcd, (2 << 2) | 3, 4, 0, 0, 0], [97, 98, 99, 100, 97, 98, 99]],
])("%s", (_, packed, expected) => {
  expect(unpacked(packed, expected.length)).toEqual(expected);
});

it.each<[string, readonly number[], number, string]>([
  ["nothing at all", [], 0, "snappy ends early, after 0 bytes"],
  ["another length", [5, ...abcd], 4, "a page of 4 bytes unpacks to 5"],
  ["a length that does not end", [128, 128, 128, 128, 128, 0], 4, "a length of more than 32 bits"],
  ["too few bytes", [5, ...abcd], 5, "a page of 5 bytes ends after 4"],
  ["too many", [3, ...abcd], 3, "a page of 3 bytes goes on after its end"],
  ["a literal that is cut", [4, ...abcd.slice(0, 3)], 4, "snappy ends early, after 4 bytes"],
  ["a literal of four thousand million", [4, 63 << 2, 255, 255, 255, 255, 97], 4, "goes on after its end"],
  ["a copy from before the beginning", [8, ...abcd, 1, 5], 8, "snappy copies from 5 bytes back, after 4"],
  ["a copy of itself", [8, ...abcd, 1, 0], 8, "snappy copies from 0 bytes back, after 4"],
  ["a copy past the end", [5, ...abcd, 1, 1], 5, "a page of 5 bytes goes on after its end"],
  ["a copy that is cut", [8, ...abcd, 2], 8, "snappy ends early, after 7 bytes"],
])("refused: %s", (_, packed, size, message) => {
  expect(() => unpacked(packed, size)).toThrow(message);
});
