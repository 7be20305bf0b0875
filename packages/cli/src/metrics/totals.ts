import { ExactSums } from "./exact-sums.ts";
import { nearestRatio, UNITS_PER_ONE } from "./fixed-point.ts";
import type { RowBlock } from "./row-block.ts";
import { increment, type Tally } from "./tally.ts";

/** The loss over all rows. Losses are in nats unless their name says bits. */
export interface TotalsResult {
  readonly rows: number;
  /** Rows that count: neither ignored nor of row weight 0. */
  readonly keptRows: number;
  readonly lossSum: number;
  /** Σ weight, the divisor of the mean. */
  readonly weightSum: number;
  /** Why `lossMean` divides by 0: no row is kept, or their weights add up to 0. */
  readonly zeroDivisor: "no-rows" | "weights" | undefined;
  /** Σ loss / Σ weight; NaN for no rows. */
  readonly lossMean: number;
  /** Standard error of `lossMean`, rows taken as independent; NaN for fewer than two rows. */
  readonly lossStandardError: number;
  readonly lossMeanBits: number;
  readonly lossSumBits: number;
  /** `exp(lossMean)`. */
  readonly perplexity: number;
  /** Kept rows whose target has the largest logit. */
  readonly correct: number;
  /** `correct / keptRows`. */
  readonly accuracy: number;
  /** Mean entropy of the kept rows' softmax. */
  readonly entropyMean: number;
  readonly nonFinite: { readonly nan: number; readonly positive: number; readonly negative: number };
}

/** Sums and counts over all rows. */
export class Totals implements Tally {
  /** `unit`: kept rows of weight 1, which are told apart because they need fewer products. */
  readonly counts: Record<"rows" | "kept" | "unit" | "correct", Float64Array> = {
    rows: new Float64Array(1),
    kept: new Float64Array(1),
    unit: new Float64Array(1),
    correct: new Float64Array(1),
  };
  /** `loss`, of rows of weight 1; `otherLoss`, `weight` and products of the others; `lossSquared` of all. */
  readonly sums: Record<
    "loss" | "lossSquared" | "otherLoss" | "weight" | "lossWeight" | "weightSquared" | "entropy",
    ExactSums
  > = {
    loss: new ExactSums(),
    lossSquared: new ExactSums(),
    otherLoss: new ExactSums(),
    weight: new ExactSums(),
    lossWeight: new ExactSums(),
    weightSquared: new ExactSums(),
    entropy: new ExactSums(),
  };

  add({ rows, kept, loss: losses, weight: weights, rank, entropy: entropies }: RowBlock): void {
    const { counts, sums } = this;
    counts.rows[0] = (counts.rows[0] as number) + rows;
    for (let i = 0; i < rows; i++) {
      if (kept[i] === 0) continue;
      const loss = losses[i] as number;
      const weight = weights[i] as number;
      increment(counts.kept);
      if (rank[i] === 1) increment(counts.correct);
      sums.entropy.add(0, entropies[i] as number);
      sums.lossSquared.addProduct(0, loss, loss);
      if (weight === 1) {
        increment(counts.unit);
        sums.loss.add(0, loss);
      } else {
        sums.otherLoss.add(0, loss);
        sums.weight.add(0, weight);
        sums.lossWeight.addProduct(0, loss, weight);
        sums.weightSquared.addProduct(0, weight, weight);
      }
    }
  }

  result(): TotalsResult {
    const { counts, sums } = this;
    const [rows = 0, keptRows = 0, correct = 0] = [counts.rows[0], counts.kept[0], counts.correct[0]];
    const loss = combined(sums.loss, sums.otherLoss);
    const weight = this.#weight();
    const lossSum = loss.value();
    const weightSum = weight.value();
    const finite = Number.isFinite(lossSum) && Number.isFinite(weightSum);
    const lossMean = finite ? nearestRatio(loss.exact(), weight.exact()) : lossSum / weightSum;
    return {
      rows,
      keptRows,
      lossSum,
      weightSum,
      zeroDivisor: keptRows === 0 ? "no-rows" : weightSum === 0 ? "weights" : undefined,
      lossMean,
      lossStandardError: finite ? this.#standardError(loss.exact(), weight.exact()) : NaN,
      lossMeanBits: lossMean / Math.LN2,
      lossSumBits: lossSum / Math.LN2,
      perplexity: Math.exp(lossMean),
      correct,
      accuracy: correct / keptRows,
      entropyMean: divided(sums.entropy, keptRows),
      nonFinite: loss.nonFinite(),
    };
  }

  #weight(): ExactSums {
    const weight = combined(this.sums.weight);
    weight.addExact(0, BigInt(this.counts.unit[0] as number) * UNITS_PER_ONE);
    return weight;
  }

  /**
   * Of a ratio of sums (Cochran 1977, §6.3, as survey statistics has it): √(n/(n−1) · Σ(l − μw)²) / Σw, which for equal
   * weights is the standard deviation by √n. All in integers, because Σl² − 2μΣlw + μ²Σw² cancels.
   */
  #standardError(loss: bigint, weight: bigint): number {
    const kept = BigInt(this.counts.kept[0] as number);
    const { sums, counts } = this;
    if (kept < 2n || weight === 0n) return NaN;
    const squares = sums.lossSquared.value() + sums.lossWeight.value() + sums.weightSquared.value();
    if (!Number.isFinite(squares)) return NaN;
    const unit = BigInt(counts.unit[0] as number) * UNITS_PER_ONE;
    const lossSquared = sums.lossSquared.exact();
    const lossWeight = sums.loss.exact() + sums.lossWeight.exact();
    const weightSquared = unit + sums.weightSquared.exact();
    const spread = lossSquared * weight ** 2n - 2n * loss * weight * lossWeight + loss ** 2n * weightSquared;
    const numerator = spread * kept * UNITS_PER_ONE;
    return Math.sqrt(Math.max(0, nearestRatio(numerator, weight ** 4n * (kept - 1n))));
  }
}

/** The sum of sums. */
function combined(...all: readonly ExactSums[]): ExactSums {
  const total = new ExactSums();
  for (const each of all) total.merge(each);
  return total;
}

/** A sum by a count, rounded once. */
export function divided(sums: ExactSums, count: number, at: number = 0): number {
  const value = sums.value(at);
  return Number.isFinite(value) ? nearestRatio(sums.exact(at), BigInt(count) * UNITS_PER_ONE) : value / count;
}
