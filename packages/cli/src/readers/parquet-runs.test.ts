import * as fc from "fast-check";
import { expect, it } from "vitest";
import { openRuns, skipEqual } from "./parquet-runs.ts";

interface Run {
  readonly packed: boolean;
  readonly values: readonly number[];
}

/** Numbers as the specification has them: a run's length and its number, or bits of eights, lowest first. */
function encode(runs: readonly Run[], width: number): Uint8Array {
  const bytes: number[] = [];
  for (const { packed, values } of runs) {
    const eights = Math.ceil(values.length / 8);
    for (let head = packed ? eights * 2 + 1 : values.length * 2; ; head = Math.floor(head / 128)) {
      bytes.push(head > 127 ? (head % 128) | 128 : head);
      if (head < 128) break;
    }
    const bits = packed
      ? Array.from({ length: eights * 8 }, (_, i) => values[i] ?? 0).flatMap((value) => bitsOf(value, width))
      : bitsOf(values[0] ?? 0, Math.ceil(width / 8) * 8);
    for (let i = 0; i < bits.length; i += 8)
      bytes.push(bits.slice(i, i + 8).reduce((sum, bit, k) => sum + bit * 2 ** k, 0));
  }
  return Uint8Array.from(bytes);
}

function bitsOf(value: number, width: number): number[] {
  return Array.from({ length: width }, (_, k) => Math.floor(value / 2 ** k) % 2);
}

function runsOf(width: number): fc.Arbitrary<Run[]> {
  const value = fc.nat(Math.max(2 ** width - 1, 0));
  const repeated = fc
    .tuple(value, fc.integer({ min: 1, max: 300 }))
    .map(([each, count]): Run => ({ packed: false, values: Array.from({ length: count }, () => each) }));
  const packed = fc.array(value, { minLength: 1, maxLength: 3 }).map((eights): Run => ({
    packed: true,
    values: eights.flatMap((each) => Array.from({ length: 8 }, (_, i) => each >>> i)),
  }));
  const equal = fc
    .tuple(value, fc.integer({ min: 1, max: 5 }))
    .map(([each, eights]): Run => ({ packed: true, values: Array.from({ length: 8 * eights }, () => each) }));
  return fc.array(fc.oneof(repeated, packed, equal), { maxLength: 6 });
}

it("gives the numbers back, of any width, whatever is asked for at a time", () => {
  const cases = fc.integer({ min: 0, max: 31 }).chain((width) => fc.tuple(fc.constant(width), runsOf(width)));
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 50 }), ([width, runs], limit) => {
      const expected = runs.flatMap(({ values }) => values);
      const opened = openRuns(encode(runs, width), width);
      const read: number[] = [];
      while (read.length < expected.length) {
        const value = opened.value();
        const count = opened.skip(limit);
        expect(count).toBeLessThanOrEqual(limit);
        for (let i = 0; i < count; i++) read.push(value);
      }
      expect(read).toEqual(expected);
      expect(() => opened.value()).toThrow(/end early/);
    }),
    { numRuns: 300, seed: 25 },
  );
});

it("numbers of 32 bits", () => {
  const values = [2 ** 32 - 1, 0, 1, 2 ** 31, 5, 6, 7, 8];
  const opened = openRuns(encode([{ packed: true, values }], 32), 32);
  expect(values.map(() => [opened.value(), opened.skip(1)][0])).toEqual(values);
  expect(() => openRuns(new Uint8Array(9), 33)).toThrow(/at most 32 bits/);
});

it("a run of two thousand million takes no time and no memory", () => {
  const opened = openRuns(Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0x0f, 1), 1);
  expect(skipEqual(opened, 1, 2 ** 31 - 2)).toBe(2 ** 31 - 2);
  expect(skipEqual(opened, 0, 1)).toBe(0);
  expect(skipEqual(opened, 1, 1)).toBe(1);
});
