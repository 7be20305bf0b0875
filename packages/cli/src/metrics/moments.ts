import { ExactSums } from "./exact-sums.ts";
import { nearestRatio, UNITS_PER_ONE } from "./fixed-point.ts";
import { increment, type Tally } from "./tally.ts";
import { divided } from "./totals.ts";

/** Mean and spread of some numbers. */
export interface MomentsResult {
  readonly count: number;
  /** NaN of no numbers. */
  readonly mean: number;
  /** Of the mean, the numbers taken as independent; NaN of fewer than two. */
  readonly standardError: number;
  readonly rootMeanSquare: number;
}

/** Sums of numbers and of their squares, without error. */
export class Moments implements Tally {
  readonly counts: Record<"numbers", Float64Array> = { numbers: new Float64Array(1) };
  readonly sums: Record<"sum" | "squares", ExactSums> = { sum: new ExactSums(), squares: new ExactSums() };

  add(value: number): void {
    increment(this.counts.numbers);
    this.sums.sum.add(0, value);
    this.sums.squares.addProduct(0, value, value);
  }

  result(): MomentsResult {
    const { sum, squares } = this.sums;
    const count = this.counts.numbers[0] as number;
    return {
      count,
      mean: divided(sum, count),
      standardError: this.#standardError(BigInt(count)),
      rootMeanSquare: Math.sqrt(divided(squares, count)),
    };
  }

  /** √((n·Σx² − (Σx)²) / (n²·(n − 1))), in integers as far as the root, because the difference cancels. */
  #standardError(count: bigint): number {
    const { sum, squares } = this.sums;
    if (count < 2n || !Number.isFinite(squares.value() + sum.value())) return NaN;
    const spread = count * squares.exact() * UNITS_PER_ONE - sum.exact() ** 2n;
    const divisor = count ** 2n * (count - 1n) * UNITS_PER_ONE ** 2n;
    return Math.sqrt(Math.max(0, nearestRatio(spread, divisor)));
  }
}
