import type { NonFiniteRow } from "./non-finite.ts";

/**
 * What an evaluation knows of some rows that follow each other: one entry per row in each typed array. These may be longer than
 * `rows`, so that one block can be filled again and again; entries from `rows` on mean nothing.
 *
 * Every number of a row depends on that row alone, not on the rows that are computed with it: that is what makes shards
 * add up to the same result as one run.
 */
export interface RowBlock {
  /** Number of the first row in the whole evaluation, all files and shards counted. */
  readonly firstRow: number;
  readonly rows: number;
  /** 1 for a row that counts, 0 for one that is left out: its label ignored, or its row weight 0. */
  readonly kept: Uint8Array;
  /** Nats, with reduction `"none"` and all options: weighted, smoothed, … 0 in rows that are left out. */
  readonly loss: Float64Array;
  /**
   * The row's part of the mean's divisor, so that the mean is Σ loss / Σ weight: its class weight times its row weight, for
   * probabilities its row weight alone. 0 in rows that are left out, and in kept rows of a class of weight 0.
   */
  readonly weight: Float64Array;
  /** Rank of the target, 1 where it has the largest logit; 0 in rows that are left out, or that have no softmax. */
  readonly rank: Int32Array;
  /** Softmax probability of the target. With probabilities, the target is their first largest entry. */
  readonly targetProbability: Float64Array;
  /** Softmax probability of the predicted class, the confidence: exp(−`logSum`) of `crossEntropyStats`. */
  readonly maxProbability: Float64Array;
  /** Entropy of the softmax, in nats. */
  readonly entropy: Float64Array;
  /** Class index of the target; −1 with probabilities. */
  readonly target: Int32Array;
  /** Class of the largest logit; −1 in rows that have no softmax. */
  readonly prediction: Int32Array;
  /** Those of the kept rows whose loss is not finite, in order. */
  readonly nonFinite: NonFiniteRow[];
}

/** A block with room for so many rows, all left out. */
export function allocateRowBlock(rows: number, firstRow: number = 0): RowBlock {
  return {
    firstRow,
    rows,
    kept: new Uint8Array(rows),
    loss: new Float64Array(rows),
    weight: new Float64Array(rows),
    rank: new Int32Array(rows),
    targetProbability: new Float64Array(rows),
    maxProbability: new Float64Array(rows),
    entropy: new Float64Array(rows),
    target: new Int32Array(rows).fill(-1),
    prediction: new Int32Array(rows).fill(-1),
    nonFinite: [],
  };
}

/** Some of a block's rows, in the same memory. */
export function sliceRows(block: RowBlock, from: number, to: number): RowBlock {
  return {
    firstRow: block.firstRow + from,
    rows: to - from,
    kept: block.kept.subarray(from, to),
    loss: block.loss.subarray(from, to),
    weight: block.weight.subarray(from, to),
    rank: block.rank.subarray(from, to),
    targetProbability: block.targetProbability.subarray(from, to),
    maxProbability: block.maxProbability.subarray(from, to),
    entropy: block.entropy.subarray(from, to),
    target: block.target.subarray(from, to),
    prediction: block.prediction.subarray(from, to),
    nonFinite: block.nonFinite.filter(({ row }) => row >= block.firstRow + from && row < block.firstRow + to),
  };
}
