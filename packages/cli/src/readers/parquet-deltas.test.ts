import * as fc from "fast-check";
import { ByteWriter } from "hyparquet-writer";
import { deltaBinaryPack, deltaByteArray, deltaLengthByteArray } from "hyparquet-writer/src/delta.js";
import { describe, expect, it } from "vitest";
import { openDeltas, openDeltaStrings } from "./parquet-deltas.ts";

/** What another program writes, and three bytes after it. */
function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  for (const byte of [1, 2, 3]) writer.appendUint8(byte);
  return new Uint8Array(writer.getBuffer());
}

/** Integers of few bits and of all, in rows long enough for several blocks. */
const integers = (bits: number): fc.Arbitrary<bigint[]> => {
  const half = 2n ** BigInt(bits - 1);
  const any = fc.bigInt({ min: -half, max: half - 1n });
  const near = fc.tuple(any, fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 200 }));
  const steps = near.map(([start, each]) => each.map((step, i) => BigInt.asIntN(bits, start + BigInt(i * step))));
  return fc
    .array(fc.oneof(fc.array(any, { minLength: 1, maxLength: 40 }), steps), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.flat());
};

describe.each([
  ["INT32", 32],
  ["INT64", 64],
] as const)("%s", (type, bits) => {
  const arrayOf = (values: readonly bigint[]): Int32Array | BigInt64Array =>
    type === "INT32" ? Int32Array.from(values, Number) : BigInt64Array.from(values);

  it("gives back what another program wrote, whatever is asked for at a time", () => {
    fc.assert(
      fc.property(integers(bits), fc.integer({ min: 1, max: 300 }), (values, part) => {
        const bytes = written((writer) => deltaBinaryPack(writer, arrayOf(values), type));
        const deltas = openDeltas(bytes);
        for (let at = 0; at < values.length; at += part) {
          const expected = arrayOf(values.slice(at, at + part));
          const into = arrayOf(values.slice(at, at + part).fill(0n));
          deltas.read(into);
          expect(into).toEqual(expected);
        }
        expect(() => deltas.read(arrayOf([0n]))).toThrow("1 more values required in a page; got 0");
        expect(openDeltas(bytes).end()).toBe(bytes.length - 3);
      }),
      { numRuns: 200 },
    );
  });
});

const MOST = [0xff, 0xff, 0xff, 0xff, 0x0f]; // 2^32 - 1
const HALF = [0x80, 0x80, 0x80, 0x80, 0x08]; // 2^31

it("a block of two thousand million equal differences takes no memory", () => {
  const deltas = openDeltas(Uint8Array.from([...HALF, 1, ...MOST, 10, 3, 0]));
  const read = new BigInt64Array(3);
  deltas.read(read);
  expect([...read]).toEqual([5n, 3n, 1n]);
});

it.each<[string, readonly number[], string]>([
  ["nothing", [], "numbers end early, after 0 bytes"],
  ["no miniblocks", [128, 1, 0, 1, 0], "blocks of 128 differences in 0 parts"],
  ["miniblocks of half a byte", [12, 4, 1, 0], "blocks of 12 differences in 4 parts"],
  ["a size of 40 bits", [...MOST.slice(0, 4), 0x8f, 1], "a number of more than 32 bits"],
  ["a first value of 80 bits", [8, 1, 2, ...Array.from({ length: 11 }, () => 255)], "a number of more than 64 bits"],
  ["no widths", [8, 1, 2, 0, 0], "numbers end early, after 5 bytes"],
  ["a width of 65", [8, 1, 2, 0, 0, 65], "a difference of 65 bits, after 5 bytes"],
  ["no differences", [8, 1, 2, 0, 0, 16, 1], "numbers end early, after 7 bytes"],
  ["more miniblocks than bytes", [...HALF, ...HALF.with(4, 1), 2, 0, 0, 8], "numbers end early, after 14 bytes"],
])("refused: %s", (_, bytes, message) => {
  expect(() => openDeltas(Uint8Array.from(bytes)).read(new Int32Array(2))).toThrow(new RegExp(message));
});

describe.each([
  ["each by itself", false, deltaLengthByteArray],
  ["each after what it has in common with the one before", true, deltaByteArray],
] as const)("strings, %s", (_name, prefixed, write) => {
  const string = fc.uint8Array({ maxLength: 5, max: 1 });

  it("give back what another program wrote", () => {
    fc.assert(
      fc.property(fc.array(string, { minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 300 }), (all, part) => {
        const strings = openDeltaStrings(
          written((writer) => write(writer, all)),
          { prefixed, least: 0, most: 5 },
        );
        const read: Uint8Array[] = [];
        while (read.length < all.length) read.push(...strings.take(Math.min(part, all.length - read.length)));
        expect(read).toEqual(all);
        expect(() => strings.take(1)).toThrow("1 more values required in a page; got 0");
      }),
      { numRuns: 100 },
    );
  });

  it("have the size that is required, and do not end early", () => {
    const bytes = written((writer) => write(writer, [Uint8Array.of(1, 2, 3, 4)]));
    const take = (least: number, most: number, end?: number) => (): unknown =>
      openDeltaStrings(bytes.subarray(0, end), { prefixed, least, most }).take(1);
    expect(take(4, 4)()).toEqual([Uint8Array.of(1, 2, 3, 4)]);
    expect(take(0, 3)).toThrow("strings of 0 to 3 bytes required; got one of 4");
    expect(take(5, 5)).toThrow("strings of 5 to 5 bytes required; got one of 4");
    expect(take(4, 4, -4)).toThrow("a string of 4 bytes after 0 of one of 0");
  });
});
