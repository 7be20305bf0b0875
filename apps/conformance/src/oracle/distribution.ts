import { type Algebra, type Approximate, exact, ONE, ZERO } from "./algebra.ts";

/**
 * The softmax of one row. With m the maximum, `rest = Σ exp(x_j − m)` over all classes but the (first) maximum itself, so that
 * `log z = log1p(rest)` and `1 − p` keep their digits however sure the row is.
 */
export class Distribution {
  readonly max: Approximate;
  /** log Σ exp(x_j − m). */
  readonly logSum: Approximate;
  /** No finite maximum, or a NaN: then there is no distribution. */
  readonly invalid: boolean;
  /** The first class with the largest logit. */
  readonly top: number;
  readonly #algebra: Algebra;
  readonly #gaps: readonly Approximate[];
  readonly #exps: readonly Approximate[];
  readonly #rest: Approximate;
  readonly #sum: Approximate;

  constructor(algebra: Algebra, logits: readonly Approximate[]) {
    this.#algebra = algebra;
    this.top = indexOfMax(logits);
    const max = logits[this.top] ?? exact(-Infinity);
    this.max = max;
    this.invalid = !Number.isFinite(max.value) || logits.some(({ value }) => Number.isNaN(value));
    this.#gaps = logits.map((x, j) => (j === this.top ? ZERO : algebra.subtract(max, x)));
    this.#exps = this.#gaps.map((gap, j) => (j === this.top ? ONE : algebra.exp(algebra.negate(gap))));
    this.#rest = algebra.sum(this.#exps.toSpliced(this.top, 1));
    this.#sum = algebra.add(ONE, this.#rest);
    this.logSum = algebra.log1p(this.#rest);
  }

  /** m − x_j */
  gap(j: number): Approximate {
    return this.#gaps[j] ?? ZERO;
  }

  /** −log p_j, in nats. */
  surprise(j: number): Approximate {
    return this.#algebra.add(this.gap(j), this.logSum);
  }

  /** p_j */
  probability(j: number): Approximate {
    return this.#algebra.divide(this.#exps[j] ?? ZERO, this.#sum);
  }

  /** 1 − p_j */
  others(j: number): Approximate {
    if (j === this.top) return this.#algebra.divide(this.#rest, this.#sum);
    return this.#algebra.subtract(ONE, this.probability(j));
  }

  /** log Σ exp(x_j) */
  logSumExp(): Approximate {
    return this.#algebra.add(this.max, this.logSum);
  }
}

/** The first largest, NaN left aside; −1 if there is none. */
export function indexOfMax(numbers: readonly { readonly value: number }[]): number {
  let best = -1;
  for (const [j, { value }] of numbers.entries()) {
    if (value > (numbers[best]?.value ?? -Infinity) || (best < 0 && !Number.isNaN(value))) best = j;
  }
  return best;
}
