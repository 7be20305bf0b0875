import * as fc from "fast-check";
import { cpu } from "@surprisal/core";
import { expect, it } from "vitest";
import { Moments } from "../metrics/moments.ts";
import { sliceRows } from "../metrics/row-block.ts";
import { toJson } from "../report/json.ts";
import { rowBlock, type RowSpec, someRows } from "../testing/rows.ts";
import { Comparison, type ComparisonResult, type PairBlock } from "./comparison.ts";
import { divergences } from "./divergences.ts";

function pairOf(
  a: readonly RowSpec[],
  b: readonly RowSpec[],
  divergence: readonly number[],
  firstRow: number = 0,
): PairBlock {
  return { a: rowBlock(a, firstRow), b: rowBlock(b, firstRow), divergence: Float64Array.from(divergence) };
}

function resultOf(...blocks: readonly PairBlock[]): ComparisonResult {
  const comparison = new Comparison();
  for (const block of blocks) comparison.add(block);
  return comparison.result();
}

it("moments by their definitions", () => {
  const values = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(values, (all) => {
      const moments = new Moments();
      for (const value of all) moments.add(value);
      const { mean, standardError, rootMeanSquare, count } = moments.result();
      const expected = all.reduce((a, b) => a + b) / all.length;
      const deviation = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (all.length - 1));
      expect(count).toBe(all.length);
      expect(Math.abs(mean - expected)).toBeLessThan(1e-10);
      expect(Math.abs(standardError - deviation / Math.sqrt(all.length))).toBeLessThan(1e-10);
      expect(Math.abs(rootMeanSquare ** 2 - all.reduce((sum, x) => sum + x * x, 0) / all.length)).toBeLessThan(1e-8);
    }),
  );
});

it("differences, ratio of perplexities, same predictions", () => {
  const a = [
    { loss: 1, rank: 1, prediction: 2, targetProbability: 0.5 },
    { loss: 2, rank: 2, prediction: 1, targetProbability: 0.25 },
    { kept: false },
    { loss: 3, rank: 1, prediction: 0, targetProbability: 0.125 },
  ];
  const b = [
    { loss: 1.5, rank: 1, prediction: 2, targetProbability: 0.25 },
    { loss: 2, rank: 1, prediction: 3, targetProbability: 0.25 },
    { kept: false },
    { loss: 2.5, rank: 1, prediction: 0, targetProbability: 0.25 },
  ];
  const result = resultOf(pairOf(a, b, [0.25, 0.5, 9, 0.125], 7));
  expect(result).toMatchObject({
    rows: 4,
    keptRows: 3,
    a: { correct: 2, perplexity: Math.exp(2), loss: { mean: 2 } },
    b: { correct: 3, perplexity: Math.exp(2), loss: { mean: 2 } },
    difference: { mean: 0, aBetter: 1, bBetter: 1, equal: 1 },
    perplexityRatio: { value: 1 },
    divergence: { mean: 0.875 / 3, maximum: 0.5, maximumRow: 8 },
    targetProbability: { mean: -0.125 / 3 },
    sameTop: { count: 2, share: 2 / 3 },
    quantileError: 2 ** -8,
  });
  const { difference, divergence, targetProbability } = result;
  expect(difference.standardError).toBeCloseTo(0.5 / Math.sqrt(3), 14);
  expect(difference.high).toBeCloseTo((1.96 * 0.5) / Math.sqrt(3), 4);
  expect(difference.low).toBe(-difference.high);
  expect(divergence.quantiles.find(({ share }) => share === 0.5)?.value).toBeCloseTo(0.25, 2);
  expect(targetProbability.rootMeanSquare).toBeCloseTo(Math.sqrt((0.25 ** 2 + 0.125 ** 2) / 3), 14);
});

it("is the same however rows are cut and merged", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(30), fc.nat(30), (seedA, seedB, count, at) => {
      const labels = someRows(seedA, count, 4);
      const b = someRows(seedB, count, 4).map((row, i) => ({ ...row, kept: labels[i]?.kept !== false }));
      const whole = pairOf(
        labels,
        b,
        labels.map(({ loss = 1 }) => Math.abs(loss) / 8),
      );
      const part = (from: number, to: number): PairBlock => ({
        a: sliceRows(whole.a, from, to),
        b: sliceRows(whole.b, from, to),
        divergence: whole.divergence.subarray(from, to),
      });
      const cut = Math.min(at, count);
      const [first, second] = [new Comparison(), new Comparison()];
      first.add(part(cut, count));
      second.add(part(0, cut));
      first.merge(second);
      expect(toJson(first.result())).toBe(toJson(resultOf(whole)));
    }),
  );
});

it("of no rows", () => {
  expect(resultOf()).toMatchObject({
    rows: 0,
    difference: { mean: NaN },
    divergence: { maximum: NaN, maximumRow: -1 },
  });
});

it("divergence of each row, in f64, wherever the classes lie", async () => {
  const backend = cpu();
  const a = [0, 1, 2, -1, 0.5, 0];
  const b = [0.5, 1, 1, 3, 0.5, -Infinity];
  const expected = [a.slice(0, 3), a.slice(3)].map((row, i) => klOf(row, b.slice(3 * i, 3 * i + 3)));
  const rows = { values: Float64Array.from(a), shape: [2, 3, 1] } as const;
  const found = await divergences(rows, { values: Float64Array.from(b), shape: [2, 3, 1] }, backend);
  expect(found[0]).toBeCloseTo(expected[0] ?? NaN, 15);
  expect(found[1]).toBe(Infinity);
  const transposed = (x: readonly number[]): Float64Array => Float64Array.from([0, 3, 1, 4, 2, 5], (i) => x[i] ?? NaN);
  const columns = { values: transposed(a), shape: [1, 3, 2] } as const;
  expect(await divergences(columns, { values: transposed(b), shape: [1, 3, 2] }, backend)).toEqual(found);
  expect(await divergences(rows, rows, backend)).toEqual(new Float64Array(2));
});

it("tiny divergences keep their digits", async () => {
  const backend = cpu();
  const values = Float64Array.from({ length: 1000 }, (_, i) => Math.sin(i));
  const moved = values.map((x, i) => x + 1e-7 * Math.cos(3 * i));
  const shape = [1, 1000, 1] as const;
  const [found = NaN] = await divergences({ values, shape }, { values: moved, shape }, backend);
  // to second order: half of the variance of the change, under p
  const z = values.reduce((sum, x) => sum + Math.exp(x), 0);
  const mean = (f: (i: number) => number): number => values.reduce((sum, x, i) => sum + (Math.exp(x) / z) * f(i), 0);
  const first = mean((i) => 1e-7 * Math.cos(3 * i));
  const half = mean((i) => (1e-7 * Math.cos(3 * i) - first) ** 2) / 2;
  expect(Math.abs(found / half - 1)).toBeLessThan(0.01);
});

function klOf(a: readonly number[], b: readonly number[]): number {
  const logs = (x: readonly number[]): number[] => {
    const z = Math.log(x.reduce((sum, each) => sum + Math.exp(each), 0));
    return x.map((each) => each - z);
  };
  const [p, q] = [logs(a), logs(b)];
  return p.reduce((sum, each, i) => sum + Math.exp(each) * (each - (q[i] ?? NaN)), 0);
}
