// Arithmetic with error bounds (running error analysis: Higham 2002, Accuracy and Stability of Numerical Algorithms, 3.3).
// A formula written in it gives its value in f64, and how far a backend that computes the same formula in its own arithmetic
// may be from that. So no tolerance is ever typed in: it comes out of the roundings, the error of exp and the sums' lengths.

/** How a backend computes. */
export interface Arithmetic {
  /** Largest relative error of one +, −, ·, /: 2⁻²⁴ in f32, 2⁻⁵³ in f64. */
  readonly unit: number;
  /** Largest error of a result that underflows: the smallest number, or the smallest normal one where those are flushed. */
  readonly underflow: number;
  /** Error of `exp` at an argument, in ULP. */
  readonly exp: (argument: number) => number;
  /** Error of the other functions (log, log1p, expm1, tanh), in ULP. */
  readonly functions: number;
  /** Roundings that a term goes through in a sum of `additions`: as many one by one, about their logarithm in a tree. */
  readonly roundings: (additions: number) => number;
}

/** f64 throughout, results rounded once: what the cpu backend does. Sums one by one. */
export const FLOAT64: Arithmetic = {
  unit: 2 ** -53,
  underflow: 2 ** -1074,
  exp: () => 2,
  functions: 2,
  roundings: (additions) => additions,
};

/** f32 with an `exp` of 2 ULP and sums in blocks: 32 terms one by one, the blocks' sums in a tree. */
export const FLOAT32: Arithmetic = {
  unit: 2 ** -24,
  underflow: 2 ** -126,
  exp: () => 2,
  functions: 3,
  roundings: (additions) => Math.min(additions, 32 + Math.ceil(Math.log2(Math.max(1, additions / 32)))),
};

/** A real number as f64, and how far from it a backend's may be. The error of what is not finite is 0. */
export interface Approximate {
  readonly value: number;
  readonly error: number;
}

/** A number that is exactly itself. */
export function exact(value: number): Approximate {
  return { value, error: 0 };
}

export const ZERO: Approximate = exact(0);
export const ONE: Approximate = exact(1);

/** The operations of one arithmetic. */
export class Algebra {
  readonly #arithmetic: Arithmetic;

  constructor(arithmetic: Arithmetic) {
    this.#arithmetic = arithmetic;
  }

  add(a: Approximate, b: Approximate): Approximate {
    const value = a.value + b.value;
    return bounded(value, a.error + b.error + this.#arithmetic.unit * Math.abs(value));
  }

  subtract(a: Approximate, b: Approximate): Approximate {
    const value = a.value - b.value;
    return bounded(value, a.error + b.error + this.#arithmetic.unit * Math.abs(value));
  }

  negate({ value, error }: Approximate): Approximate {
    return { value: -value, error };
  }

  /** Exact where a factor is exactly 0, 1 or −1. */
  multiply(a: Approximate, b: Approximate): Approximate {
    const value = a.value * b.value;
    if (isTrivial(a)) return bounded(value, b.error * Math.abs(a.value));
    if (isTrivial(b)) return bounded(value, a.error * Math.abs(b.value));
    const carried = a.error * Math.abs(b.value) + b.error * Math.abs(a.value) + a.error * b.error;
    return bounded(value, carried + this.#rounding(value));
  }

  divide(a: Approximate, b: Approximate): Approximate {
    const value = a.value / b.value;
    if (b.value === 1 && b.error === 0) return bounded(value, a.error);
    const carried = (a.error + b.error * Math.abs(value)) / Math.max(0, Math.abs(b.value) - b.error);
    return bounded(value, carried + (a.value === 0 && a.error === 0 ? 0 : this.#rounding(value)));
  }

  exp(a: Approximate): Approximate {
    const value = Math.exp(a.value);
    if (a.error === 0 && (a.value === 0 || a.value === -Infinity)) return bounded(value, 0);
    // Where nothing is left of the value, its interval still has an upper end.
    const carried = a.error > 1 ? Math.exp(a.value + a.error) : value * Math.expm1(a.error);
    return bounded(value, carried + this.#result(value, this.#arithmetic.exp(a.value)));
  }

  log(a: Approximate): Approximate {
    const value = Math.log(a.value);
    if (a.error === 0 && a.value === 1) return bounded(value, 0);
    const carried = a.error / Math.max(0, a.value - a.error);
    return bounded(value, carried + this.#result(value, this.#arithmetic.functions));
  }

  /** log(1 + a) */
  log1p(a: Approximate): Approximate {
    const value = Math.log1p(a.value);
    if (a.error === 0 && a.value === 0) return bounded(value, 0);
    const carried = a.error / Math.max(0, 1 + a.value - a.error);
    return bounded(value, carried + this.#result(value, this.#arithmetic.functions));
  }

  tanh(a: Approximate): Approximate {
    const value = Math.tanh(a.value);
    if (a.error === 0 && a.value === 0) return bounded(value, 0);
    const steepest = 1 - Math.tanh(Math.max(0, Math.abs(a.value) - a.error)) ** 2;
    return bounded(value, a.error * steepest + this.#result(value, this.#arithmetic.functions));
  }

  /** a ≥ 0 to a power, by way of exp(power · log a). */
  power(a: Approximate, power: number): Approximate {
    const value = a.value ** power;
    if (power === 0 || isTrivial(a)) return bounded(value, 0);
    const { unit, exp, functions, underflow } = this.#arithmetic;
    const ends = [Math.max(0, a.value - a.error) ** power, (a.value + a.error) ** power];
    const carried =
      a.value > 2 * a.error
        ? (value * Math.abs(power) * a.error) / (a.value - a.error)
        : Math.max(...ends.map((end) => Math.abs(end - value)));
    const logarithm = power * Math.log(a.value);
    const own = value === 0 ? 0 : unit * (Math.abs(logarithm) * (1 + 2 * functions) + 2 * exp(logarithm));
    return bounded(value, carried + value * own + underflow);
  }

  /** In whatever order the backend likes. */
  sum(terms: readonly Approximate[]): Approximate {
    let value = 0;
    let carry = 0; // compensated (Neumaier 1974), so that our own error counts for nothing beside theirs
    let sizes = 0;
    let error = 0;
    for (const term of terms) {
      const next = value + term.value;
      carry += Math.abs(value) >= Math.abs(term.value) ? value - next + term.value : term.value - next + value;
      value = next;
      sizes += Math.abs(term.value);
      error += term.error;
    }
    const total = Number.isFinite(carry) ? value + carry : value;
    return bounded(
      total,
      error + this.#arithmetic.unit * this.#arithmetic.roundings(Math.max(0, terms.length - 1)) * sizes,
    );
  }

  #rounding(value: number): number {
    return this.#arithmetic.unit * Math.abs(value) + this.#arithmetic.underflow;
  }

  /** A function's result, wrong by so many ULP. */
  #result(value: number, ulps: number): number {
    return 2 * ulps * this.#arithmetic.unit * Math.abs(value) + this.#arithmetic.underflow;
  }
}

function isTrivial({ value, error }: Approximate): boolean {
  return error === 0 && (value === 0 || value === 1 || value === -1);
}

function bounded(value: number, error: number): Approximate {
  if (!Number.isFinite(value)) return { value, error: 0 };
  return { value, error: Number.isNaN(error) ? Infinity : error };
}
