import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readBytes } from "../testing/arrays.ts";
import { fixture } from "../testing/io.ts";
import { memoryBytes } from "./bytes.ts";
import { unpackHadoopLz4 } from "./lz4-hadoop.ts";

const unpacked = (packed: readonly number[], size: number): number[] => {
  const into = new Uint8Array(size);
  unpackHadoopLz4(memoryBytes(Uint8Array.from(packed), "packed"), into);
  return [...into];
};

const abcd = [97, 98, 99, 100];
const literals = [4 << 4, ...abcd];
const sizes = (...numbers: readonly number[]): number[] => numbers.flatMap((each) => [0, 0, 0, each]);

it("a file of arrow-rs", async () => {
  const file = memoryBytes(readFileSync(fixture("small-lz4-hadoop.parquet")), "x.parquet");
  const { values, shape } = await readBytes(file, { wish: "logits" });
  expect(shape).toEqual([40, 3]);
  const score = (row: number, i: number): number => (((row * 7 + i * 3) % 11) - 5) / 4;
  expect([...values]).toEqual(Array.from({ length: 120 }, (_, at) => score(Math.floor(at / 3), at % 3)));
});

it.each<[string, readonly number[], readonly number[]]>([
  ["a block behind its sizes", [...sizes(4, 5), ...literals], abcd],
  ["two blocks", [...sizes(4, 5), ...literals, ...sizes(4, 5), ...literals], [...abcd, ...abcd]],
  ["a block alone", [8 << 4, ...abcd, ...abcd], [...abcd, ...abcd]],
  ["a short block alone", literals, abcd],
])("%s", (_, packed, expected) => {
  expect(unpacked(packed, expected.length)).toEqual(expected);
});

it.each<[string, readonly number[], number, string]>([
  ["nothing at all", [], 0, "LZ4 ends early, after 0 bytes"],
  ["too few blocks", [...sizes(4, 5), ...literals], 5, "a page of 5 bytes ends after 4"],
  [
    "a block more",
    [...sizes(4, 5), ...literals, ...sizes(4, 5), ...literals],
    7,
    "a page of 7 bytes goes on after its end",
  ],
  ["a block of other bytes than it says", [...sizes(5, 5), ...literals], 5, "a page of 5 bytes ends after 4"],
  ["sizes that are cut", [...sizes(4, 5), ...literals, 0, 0], 8, "LZ4 ends early, after 15 bytes"],
  ["a block that is cut", [...sizes(4, 5), ...literals, ...sizes(4, 5), 4 << 4], 8, "LZ4 ends early, after 22 bytes"],
  [
    "a block that copies from one before",
    [...sizes(4, 5), ...literals, ...sizes(4, 4), 0, 4, 0, 0],
    8,
    "LZ4 copies from 4 bytes back, after 0",
  ],
])("refused: %s", (_, packed, size, message) => {
  expect(() => unpacked(packed, size)).toThrow(RangeError);
  expect(() => unpacked(packed, size)).toThrow(message);
});
