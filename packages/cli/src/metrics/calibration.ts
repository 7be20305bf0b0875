import { ExactSums } from "./exact-sums.ts";
import { nearestRatio, UNITS_PER_ONE } from "./fixed-point.ts";
import type { RowBlock } from "./row-block.ts";
import { increment, type Tally } from "./tally.ts";
import { divided } from "./totals.ts";

/** The kept rows whose confidence lies in [`from`, `to`), the last bin with 1. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean confidence; NaN in an empty bin. */
  readonly confidence: number;
  /** Share of rows whose target has the largest logit; NaN in an empty bin. */
  readonly accuracy: number;
}

/** How far confidence can be trusted. */
export interface CalibrationResult {
  /** Expected calibration error (Naeini et al. 2015, Guo et al. 2017): Σ count/n · |accuracy − confidence|. */
  readonly expectedError: number;
  /** The largest |accuracy − confidence| of a bin. */
  readonly maximumError: number;
  readonly bins: readonly CalibrationBin[];
  /** Kept rows without a softmax, which are in no bin. */
  readonly unbinned: number;
}

/** Accuracy by confidence, in bins of equal width. */
export class Calibration implements Tally {
  readonly #bins: number;
  readonly counts: Record<"rows" | "correct" | "unbinned", Float64Array>;
  readonly sums: Record<"confidence", ExactSums>;

  constructor(bins: number) {
    this.#bins = bins;
    this.counts = { rows: new Float64Array(bins), correct: new Float64Array(bins), unbinned: new Float64Array(1) };
    this.sums = { confidence: new ExactSums(bins) };
  }

  add({ rows, kept, rank, maxProbability }: RowBlock): void {
    const { counts, sums } = this;
    const bins = this.#bins;
    for (let i = 0; i < rows; i++) {
      if (kept[i] === 0) continue;
      const confidence = maxProbability[i] as number;
      if (!(confidence >= 0)) {
        increment(counts.unbinned);
        continue;
      }
      const bin = Math.min(bins - 1, Math.floor(confidence * bins));
      increment(counts.rows, bin);
      if (rank[i] === 1) increment(counts.correct, bin);
      sums.confidence.add(bin, confidence);
    }
  }

  result(): CalibrationResult {
    const bins = Array.from({ length: this.#bins }, (_, bin) => this.#bin(bin));
    const gaps = bins
      .filter(({ count }) => count > 0)
      .map(({ accuracy, confidence }) => Math.abs(accuracy - confidence));
    return {
      expectedError: this.#expectedError(),
      maximumError: gaps.length === 0 ? NaN : Math.max(...gaps),
      bins,
      unbinned: this.counts.unbinned[0] as number,
    };
  }

  #bin(bin: number): CalibrationBin {
    const count = this.counts.rows[bin] as number;
    return {
      from: bin / this.#bins,
      to: (bin + 1) / this.#bins,
      count,
      confidence: divided(this.sums.confidence, count, bin),
      accuracy: (this.counts.correct[bin] as number) / count,
    };
  }

  /** Σ |correct − Σ confidence| / n, without any rounding before the end. */
  #expectedError(): number {
    let gap = 0n;
    let rows = 0n;
    for (let bin = 0; bin < this.#bins; bin++) {
      const difference = BigInt(this.counts.correct[bin] as number) * UNITS_PER_ONE - this.sums.confidence.exact(bin);
      gap += difference < 0n ? -difference : difference;
      rows += BigInt(this.counts.rows[bin] as number);
    }
    return nearestRatio(gap, rows * UNITS_PER_ONE);
  }
}
