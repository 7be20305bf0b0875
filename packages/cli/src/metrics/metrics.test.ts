import * as fc from "fast-check";
import { expect, it } from "vitest";
import { toJson } from "../report/json.ts";
import { piecesOf, rowBlock, type RowSpec, someRows } from "../testing/rows.ts";
import { Metrics, type MetricsResult } from "./metrics.ts";
import type { RowBlock } from "./row-block.ts";
import { DEFAULT_METRICS, type MetricSettings } from "./settings.ts";

const FOUR: MetricSettings = { classes: 4, indices: true, ...DEFAULT_METRICS, topK: [1, 2], worstRows: 3 };

function resultOf(blocks: readonly RowBlock[], settings: MetricSettings = FOUR): MetricsResult {
  const metrics = new Metrics(settings);
  for (const block of blocks) metrics.add(block);
  return metrics.result();
}

it("is the same however rows are cut, ordered and merged", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.nat(), fc.nat(40), lengths, fc.nat(), fc.nat(5), (seed, count, cuts, order, instances) => {
      const block = rowBlock(someRows(seed, count, 4), 100);
      const parts = Array.from({ length: instances + 1 }, () => new Metrics(FOUR));
      for (const [i, piece] of piecesOf(block, cuts, order).entries()) parts[i % parts.length]?.add(piece);
      const merged = new Metrics(FOUR);
      for (const part of parts) merged.merge(part);
      expect(toJson(merged.result())).toBe(toJson(resultOf([block])));
    }),
    { numRuns: 300 },
  );
});

it("mean, standard error, perplexity, bits of plain rows", () => {
  const losses = [0.5, 1.25, 3, 0.125];
  const result = resultOf([rowBlock(losses.map((loss) => ({ loss })))]);
  const mean = losses.reduce((a, b) => a + b) / 4;
  const deviation = Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / 3);
  expect(result).toMatchObject({ rows: 4, keptRows: 4, lossSum: 4.875, weightSum: 4, lossMean: mean });
  expect(result.lossStandardError).toBeCloseTo(deviation / 2, 15);
  expect(result.perplexity).toBe(Math.exp(mean));
  expect([result.lossMeanBits, result.lossSumBits]).toEqual([mean / Math.LN2, 4.875 / Math.LN2]);
});

it("weighted rows have a weighted mean, and its standard error by the definition", () => {
  const rows = [
    { loss: 0.5, weight: 0.5 },
    { loss: 6, weight: 3 },
    { loss: 1, weight: 1 },
    { loss: 0, weight: 0 },
    { kept: false },
  ];
  const { lossMean, lossStandardError, keptRows, weightSum } = resultOf([rowBlock(rows)]);
  const mean = 7.5 / 4.5;
  const squares = [
    [0.5, 0.5],
    [6, 3],
    [1, 1],
    [0, 0],
  ].map(([loss = 0, weight = 0]) => (loss - mean * weight) ** 2);
  const expected = Math.sqrt((4 / 3) * squares.reduce((a, b) => a + b)) / 4.5;
  expect([keptRows, weightSum, lossMean]).toEqual([4, 4.5, mean]);
  expect(lossStandardError).toBeCloseTo(expected, 14);
});

it("a standard error that cancels in doubles: losses of one size, far from 0", () => {
  const rows = Array.from({ length: 1000 }, (_, i) => ({ loss: 1e8 + (i % 2) * 1e-7 }));
  const spread = 1e8 + 1e-7 - 1e8;
  expect(resultOf([rowBlock(rows)]).lossStandardError).toBeCloseTo(spread / 2 / Math.sqrt(999), 20);
});

it("no rows, one row, only ignored rows", () => {
  expect(resultOf([])).toMatchObject({ rows: 0, lossMean: NaN, lossSum: 0, accuracy: NaN, lossStandardError: NaN });
  expect(resultOf([rowBlock([{ loss: 2 }])])).toMatchObject({ lossMean: 2, lossStandardError: NaN });
  expect(resultOf([rowBlock([{ kept: false }])])).toMatchObject({ rows: 1, keptRows: 0, lossMean: NaN });
  const nothing = resultOf([]);
  expect([nothing.calibration.expectedError, nothing.ranks.meanReciprocalRank, nothing.ranks.meanRank]).toEqual([
    NaN,
    NaN,
    NaN,
  ]);
});

it("losses that are not finite make the mean what doubles make it, and are kept with their causes", () => {
  const rows: RowSpec[] = [
    { loss: 1 },
    { loss: Infinity, target: 2, cause: { cause: "target-logit-minus-infinite", class: 2 } },
    { loss: NaN },
    { kept: false, loss: NaN },
    { loss: NaN },
  ];
  const result = resultOf([rowBlock(rows, 10)]);
  expect(result.lossMean).toBeNaN();
  expect(result.nonFinite).toEqual({
    nan: 2,
    positive: 1,
    negative: 0,
    causes: [
      { cause: "logit-nan", count: 2 },
      { cause: "target-logit-minus-infinite", count: 1 },
    ],
    rows: [
      { row: 11, target: 2, loss: Infinity, cause: "target-logit-minus-infinite", class: 2 },
      { row: 12, target: 0, loss: NaN, cause: "logit-nan", class: 1 },
      { row: 14, target: 0, loss: NaN, cause: "logit-nan", class: 1 },
    ],
  });
  expect(result.worstRows.map(({ row }) => row)).toEqual([12, 14, 11]);
  expect(resultOf([rowBlock([{ loss: 1 }, { loss: Infinity }])]).lossMean).toBe(Infinity);
});

it("of many losses that are not finite the first ten are kept, and all are counted", () => {
  const blocks = [30, 0, 60].map((first) =>
    rowBlock(
      Array.from({ length: 7 }, () => ({ loss: NaN })),
      first,
    ),
  );
  const { nonFinite } = resultOf(blocks);
  expect(nonFinite.causes).toEqual([{ cause: "logit-nan", count: 21 }]);
  expect(nonFinite.rows.map(({ row }) => row)).toEqual([0, 1, 2, 3, 4, 5, 6, 30, 31, 32]);
});

it("says why a mean divides by 0", () => {
  const zeroDivisors = [[], [{ kept: false }], [{ weight: 0 }], [{ weight: 1.5 }, { weight: -1.5 }], [{}]].map(
    (rows) => resultOf([rowBlock(rows)]).zeroDivisor,
  );
  expect(zeroDivisors).toEqual(["no-rows", "no-rows", "weights", "weights", undefined]);
});

it("the worst rows, ties by position", () => {
  const rows = [3, 5, 5, 1, 5, 9].map((loss) => ({ loss }));
  expect(resultOf([rowBlock(rows)]).worstRows.map(({ row }) => row)).toEqual([5, 1, 2]);
  expect(resultOf([rowBlock(rows)], { ...FOUR, worstRows: 0 }).worstRows).toEqual([]);
});

it("top-k and ranks", () => {
  const { ranks, accuracy } = resultOf([rowBlock([1, 1, 2, 4, 0].map((rank) => ({ rank })))]);
  expect(accuracy).toBe(0.4);
  expect(ranks.topK).toEqual([
    { k: 1, correct: 2, accuracy: 0.4 },
    { k: 2, correct: 3, accuracy: 0.6 },
  ]);
  expect(ranks.meanReciprocalRank).toBe(2.75 / 5);
  expect(ranks.meanRank).toBe(2);
  expect(ranks.unranked).toBe(1);
  expect(ranks.histogram).toEqual([
    { from: 1, to: 1, count: 2 },
    { from: 2, to: 3, count: 1 },
    { from: 4, to: 7, count: 1 },
  ]);
});

it("calibration: a coin that is said to be sure", () => {
  const rows = [
    { maxProbability: 1, rank: 1 },
    { maxProbability: 1, rank: 2 },
    { maxProbability: 0.25, rank: 2 },
    { maxProbability: NaN, rank: 0 },
  ];
  const { calibration } = resultOf([rowBlock(rows)], { ...FOUR, calibrationBins: 4 });
  expect(calibration.expectedError).toBe((2 * 0.5 + 0.25) / 3);
  expect(calibration.maximumError).toBe(0.5);
  expect(calibration.unbinned).toBe(1);
  expect(calibration.bins[3]).toEqual({ from: 0.75, to: 1, count: 2, confidence: 1, accuracy: 0.5 });
  expect(calibration.bins[1]).toEqual({ from: 0.25, to: 0.5, count: 1, confidence: 0.25, accuracy: 0 });
});

it("by class: recall, precision, weighted loss; and what is taken for what", () => {
  const rows = [
    { target: 1, prediction: 1, rank: 1, loss: 2, weight: 2 },
    { target: 1, prediction: 3, rank: 2, loss: 4, weight: 2 },
    { target: 3, prediction: 1, rank: 2, loss: 1 },
    { target: 1, prediction: 3, rank: 3, loss: 0, weight: 2 },
  ];
  const { classes, confusions } = resultOf([rowBlock(rows)]);
  expect(classes).toEqual([
    { class: 1, count: 3, correct: 1, accuracy: 1 / 3, predicted: 2, precision: 0.5, lossMean: 1 },
    { class: 3, count: 1, correct: 0, accuracy: 0, predicted: 2, precision: 0, lossMean: 1 },
  ]);
  expect(confusions?.worst).toEqual([
    { target: 1, prediction: 3, count: 2 },
    { target: 3, prediction: 1, count: 1 },
  ]);
  expect(confusions).toMatchObject({
    classes: [1, 3],
    counts: [
      [1, 2],
      [1, 0],
    ],
  });
});

it("no table by class for probabilities, or for too many classes", () => {
  const rows = rowBlock([{ target: -1 }]);
  expect(resultOf([rows], { ...FOUR, indices: false })).toMatchObject({ classes: undefined, confusions: undefined });
  expect(resultOf([rowBlock([{}])], { ...FOUR, classes: 1025 }).confusions).toBeUndefined();
  expect(resultOf([rowBlock([{}])], { ...FOUR, classes: 2 ** 18 + 1 }).classes).toBeUndefined();
});
