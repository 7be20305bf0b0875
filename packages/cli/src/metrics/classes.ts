import { ExactSums } from "./exact-sums.ts";
import { nearestRatio, UNITS_PER_ONE } from "./fixed-point.ts";
import type { RowBlock } from "./row-block.ts";
import { increment, type Tally } from "./tally.ts";

/** The kept rows of one class. */
export interface ClassResult {
  readonly class: number;
  readonly count: number;
  readonly correct: number;
  /** `correct / count`, the class's recall. */
  readonly accuracy: number;
  /** Rows that were predicted to be of this class. */
  readonly predicted: number;
  /** `correct / predicted`; NaN where it was never predicted. */
  readonly precision: number;
  /** Σ loss / Σ weight, in nats. */
  readonly lossMean: number;
}

/** Counts and losses by class. Memory: 32 bytes for each class and the limbs of its losses, about 100 together. */
export class Classes implements Tally {
  readonly #classes: number;
  readonly counts: Record<"rows" | "unit" | "correct" | "predicted", Float64Array>;
  readonly sums: Record<"loss" | "weight", ExactSums>;

  constructor(classes: number) {
    this.#classes = classes;
    this.counts = {
      rows: new Float64Array(classes),
      unit: new Float64Array(classes),
      correct: new Float64Array(classes),
      predicted: new Float64Array(classes),
    };
    this.sums = { loss: new ExactSums(classes), weight: new ExactSums(classes) };
  }

  add({ rows, kept, loss, weight: weights, rank, target: targets, prediction: predictions }: RowBlock): void {
    const { counts, sums } = this;
    for (let i = 0; i < rows; i++) {
      if (kept[i] === 0) continue;
      const target = targets[i] as number;
      const prediction = predictions[i] as number;
      const weight = weights[i] as number;
      increment(counts.rows, target);
      if (rank[i] === 1) increment(counts.correct, target);
      if (prediction >= 0) increment(counts.predicted, prediction);
      sums.loss.add(target, loss[i] as number);
      if (weight === 1) increment(counts.unit, target);
      else sums.weight.add(target, weight);
    }
  }

  /** The classes that occur as target or prediction. */
  result(): ClassResult[] {
    return Array.from({ length: this.#classes }, (_, each) => this.#row(each)).filter(
      ({ count, predicted }) => count > 0 || predicted > 0,
    );
  }

  #row(each: number): ClassResult {
    const { counts } = this;
    const [count, correct] = [counts.rows[each] as number, counts.correct[each] as number];
    const predicted = counts.predicted[each] as number;
    return {
      class: each,
      count,
      correct,
      accuracy: correct / count,
      predicted,
      precision: correct / predicted,
      lossMean: this.#lossMean(each),
    };
  }

  #lossMean(each: number): number {
    const { loss, weight } = this.sums;
    const unit = this.counts.unit[each] as number;
    const finite = Number.isFinite(loss.value(each)) && Number.isFinite(weight.value(each));
    if (!finite) return loss.value(each) / (unit + weight.value(each));
    return nearestRatio(loss.exact(each), BigInt(unit) * UNITS_PER_ONE + weight.exact(each));
  }
}
