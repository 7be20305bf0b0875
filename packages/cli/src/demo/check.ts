/** Two values that mathematics says are equal, and how far rounding may drive them apart. */
export interface Check {
  readonly name: string;
  readonly left: number;
  readonly right: number;
  readonly difference: number;
  readonly bound: number;
  readonly ok: boolean;
}

/** Compares two values. NaN agrees with nothing. */
export function check(name: string, left: number, right: number, bound: number): Check {
  const difference = Math.abs(left - right);
  return { name, left, right, difference, bound, ok: difference <= bound };
}

/** Unit roundoff: half the gap between 1 and the next number. */
const UNIT_F32 = 2 ** -24;
const UNIT_F64 = 2 ** -53;

/** An error of one unit in the last place, as a relative error. */
const ULP_F32 = 2 * UNIT_F32;

/**
 * How far two f64 evaluations of `Σ terms` may lie apart, where a term is a product of logarithms and probabilities.
 * A probability rounded by u moves its logarithm by u whatever the logarithm's size, so a term counts as 1 + |term|;
 * each is rounded at most 8 times (logit, softplus, log, products), and n terms take n − 1 additions
 * [Higham 2002, Accuracy and Stability of Numerical Algorithms, ch. 4].
 */
export function sumBound(terms: readonly number[]): number {
  const size = terms.reduce((sum, term) => sum + 1 + Math.abs(term), 0);
  return 2 * (terms.length + 8) * UNIT_F64 * size;
}

/** The rows of a cross entropy, as far as rounding depends on them. */
export interface LossSize {
  readonly classes: number;
  /** Largest logit minus smallest, within a row. */
  readonly spread: number;
}

/**
 * How far two f32 evaluations of one row's cross entropy `log Σ exp(x_j − m) − (x_y − m)` may lie apart, on any backend.
 * The limits of WGSL are taken, the widest of all: exp within 3 + 2|x| ULP, log within 2^-21 or 3 ULP. A relative error
 * of the sum is an absolute error of its logarithm; three more roundings fall on numbers below spread + log C. A mean of
 * rows has the same bound, its sum being carried in f64 or two f32.
 */
export function lossBound({ classes, spread }: LossSize): number {
  const sum = (3 + 2 * spread) * ULP_F32 + (classes - 1) * UNIT_F32;
  const log = Math.max(2 ** -21, 3 * ULP_F32 * Math.log(classes));
  const rest = 3 * UNIT_F32 * (spread + Math.log(classes));
  return 2 * (sum + log + rest);
}
