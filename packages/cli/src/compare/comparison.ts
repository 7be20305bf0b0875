import { LogHistogram } from "../metrics/log-histogram.ts";
import { Moments, type MomentsResult } from "../metrics/moments.ts";
import { type NonFiniteResult, NonFiniteRows } from "../metrics/non-finite.ts";
import type { RowBlock } from "../metrics/row-block.ts";
import { increment, mergeTally, type Tally } from "../metrics/tally.ts";
import { WorstRows } from "../metrics/worst-rows.ts";

/** What a comparison knows of some rows: those of both models, of the same targets, and how far apart they are. */
export interface PairBlock {
  readonly a: RowBlock;
  readonly b: RowBlock;
  /** KL(A‖B) = Σ p_A·(log p_A − log p_B) of each row, in nats. */
  readonly divergence: Float64Array;
}

/** A mean with its standard error, and the interval that holds it in 95 of 100 cases. */
export interface Estimate {
  readonly mean: number;
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
}

/** The value that a share of all rows does not exceed. */
export interface Quantile {
  readonly share: number;
  readonly value: number;
}

/** What one of the two models does by itself. */
export interface ModelResult {
  readonly loss: Estimate;
  readonly perplexity: number;
  readonly correct: number;
  readonly accuracy: number;
  /** Rows whose loss is not finite. */
  readonly nonFinite: NonFiniteResult;
}

/** What a comparison found, over the rows that count. Losses and divergences are in nats. */
export interface ComparisonResult {
  readonly rows: number;
  readonly keptRows: number;
  readonly a: ModelResult;
  readonly b: ModelResult;
  /** Loss of B − loss of A, row by row: above 0, A is the better. */
  readonly difference: Estimate & { readonly aBetter: number; readonly bBetter: number; readonly equal: number };
  /** exp of the mean difference: the perplexity of B by that of A. */
  readonly perplexityRatio: { readonly value: number; readonly low: number; readonly high: number };
  /** KL(A‖B). */
  readonly divergence: Estimate & {
    readonly maximum: number;
    /** Where the maximum is; −1 where there are no rows. */
    readonly maximumRow: number;
    readonly quantiles: readonly Quantile[];
  };
  /** Softmax probability of the target under B − that under A. */
  readonly targetProbability: Estimate & { readonly rootMeanSquare: number; readonly quantiles: readonly Quantile[] };
  /** Rows for which both predict the same class. */
  readonly sameTop: { readonly count: number; readonly share: number; readonly standardError: number };
  /** How far a quantile may be from the value itself, as a share of it. */
  readonly quantileError: number;
}

/** Two-sided 95 % of the normal distribution. */
const Z95 = 1.959963984540054;
/** 128 bins for each power of two. */
const QUANTILE_BITS = 7;
/** Of all rows, for which there are quantiles. */
const QUANTILE_SHARES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

/** Counts of rows by what they are. */
class Counts implements Tally {
  readonly counts: Record<"rows" | "kept" | "correctA" | "correctB" | "aBetter" | "bBetter" | "sameTop", Float64Array> =
    {
      rows: new Float64Array(1),
      kept: new Float64Array(1),
      correctA: new Float64Array(1),
      correctB: new Float64Array(1),
      aBetter: new Float64Array(1),
      bBetter: new Float64Array(1),
      sameTop: new Float64Array(1),
    };
  readonly sums: Tally["sums"] = {};
}

/**
 * Compares two models over the same rows, in one pass. Like `Metrics`, it does not matter how rows are cut and in which
 * order they come, and instances can be merged.
 */
export class Comparison {
  readonly #counts = new Counts();
  readonly #lossA = new Moments();
  readonly #lossB = new Moments();
  readonly #difference = new Moments();
  readonly #divergence = new Moments();
  readonly #change = new Moments();
  readonly #divergences = new LogHistogram(QUANTILE_BITS);
  readonly #changes = new LogHistogram(QUANTILE_BITS);
  readonly #furthest = new WorstRows(1);
  readonly #nonFiniteA = new NonFiniteRows();
  readonly #nonFiniteB = new NonFiniteRows();
  /** What is counted and summed, by name. */
  readonly tallies: Readonly<Record<string, Tally>> = {
    counts: this.#counts,
    lossA: this.#lossA,
    lossB: this.#lossB,
    difference: this.#difference,
    divergence: this.#divergence,
    change: this.#change,
    divergences: this.#divergences,
    changes: this.#changes,
    nonFiniteA: this.#nonFiniteA,
    nonFiniteB: this.#nonFiniteB,
  };

  /** Takes in rows that were not seen before. */
  add({ a, b, divergence }: PairBlock): void {
    const { counts } = this.#counts;
    counts.rows[0] = (counts.rows[0] as number) + a.rows;
    for (let i = 0; i < a.rows; i++) {
      if (a.kept[i] === 0) continue;
      increment(counts.kept);
      if (a.rank[i] === 1) increment(counts.correctA);
      if (b.rank[i] === 1) increment(counts.correctB);
      if (a.prediction[i] === b.prediction[i] && a.prediction[i] !== -1) increment(counts.sameTop);
      const [lossA, lossB] = [a.loss[i] as number, b.loss[i] as number];
      if (lossA < lossB) increment(counts.aBetter);
      if (lossA > lossB) increment(counts.bBetter);
      const change = (b.targetProbability[i] as number) - (a.targetProbability[i] as number);
      this.#lossA.add(lossA);
      this.#lossB.add(lossB);
      this.#difference.add(lossB - lossA);
      this.#divergence.add(divergence[i] as number);
      this.#divergences.add(divergence[i] as number);
      this.#change.add(change);
      this.#changes.add(change);
    }
    this.#furthest.add({ ...a, loss: divergence });
    this.#nonFiniteA.add(a);
    this.#nonFiniteB.add(b);
  }

  /** Takes in what another instance has seen. */
  merge(other: Comparison): void {
    for (const [name, tally] of Object.entries(this.tallies)) {
      const others = other.tallies[name];
      if (others !== undefined) mergeTally(tally, others);
    }
    this.#furthest.merge(other.#furthest);
    this.#nonFiniteA.mergeRows(other.#nonFiniteA);
    this.#nonFiniteB.mergeRows(other.#nonFiniteB);
  }

  result(): ComparisonResult {
    const count = (name: keyof Counts["counts"]): number => this.#counts.counts[name][0] as number;
    const kept = count("kept");
    const difference = estimateOf(this.#difference.result());
    const change = this.#change.result();
    const [furthest] = this.#furthest.rows;
    const sameShare = count("sameTop") / kept;
    return {
      rows: count("rows"),
      keptRows: kept,
      a: modelOf(this.#lossA.result(), count("correctA"), this.#nonFiniteA.result()),
      b: modelOf(this.#lossB.result(), count("correctB"), this.#nonFiniteB.result()),
      difference: {
        ...difference,
        aBetter: count("aBetter"),
        bBetter: count("bBetter"),
        equal: kept - count("aBetter") - count("bBetter"),
      },
      perplexityRatio: {
        value: Math.exp(difference.mean),
        low: Math.exp(difference.low),
        high: Math.exp(difference.high),
      },
      divergence: {
        ...estimateOf(this.#divergence.result()),
        maximum: furthest?.loss ?? NaN,
        maximumRow: furthest?.row ?? -1,
        quantiles: quantilesOf(this.#divergences),
      },
      targetProbability: {
        ...estimateOf(change),
        rootMeanSquare: change.rootMeanSquare,
        quantiles: quantilesOf(this.#changes),
      },
      sameTop: {
        count: count("sameTop"),
        share: sameShare,
        standardError: Math.sqrt((sameShare * (1 - sameShare)) / kept),
      },
      quantileError: this.#divergences.relativeError,
    };
  }
}

function estimateOf({ mean, standardError }: MomentsResult): Estimate {
  const reach = Z95 * standardError;
  return { mean, standardError, low: mean - reach, high: mean + reach };
}

function modelOf(loss: MomentsResult, correct: number, nonFinite: NonFiniteResult): ModelResult {
  const accuracy = correct / loss.count;
  return { loss: estimateOf(loss), perplexity: Math.exp(loss.mean), correct, accuracy, nonFinite };
}

function quantilesOf(histogram: LogHistogram): Quantile[] {
  return QUANTILE_SHARES.map((share) => ({ share, value: histogram.quantile(share) }));
}
