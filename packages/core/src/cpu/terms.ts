import type { PointwisePlan, PointwiseTerm } from "../plan.ts";
import { exp } from "./exp.ts";
import { times } from "./corners.ts";

// The element formulas (docs/semantics.md, Element-wise losses) in f64, one record a term.

/** The numbers of a plan that a term may use. */
export type TermNumbers = Pick<PointwisePlan, "alpha" | "gamma" | "strict">;

/** A formula of `a` and `b` (and the weight w of the positives), and its derivative by `a`. */
export interface Term {
  readonly value: (a: number, b: number, w: number, numbers: TermNumbers) => number;
  readonly byA?: (a: number, b: number, w: number, numbers: TermNumbers) => number;
}

/** log(1 + e^x). */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(exp(-Math.abs(x)));
}

/** 1 / (1 + e^−x), small values with all their digits. */
function sigmoid(x: number): number {
  const e = exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e) + (Number.isNaN(x) ? NaN : 0);
}

/** p·log(q), 0 where p is 0. */
function pLog(p: number, q: number): number {
  return p === 0 && !Number.isNaN(q) ? 0 : p * Math.log(q);
}

/** log(p / q): of neighbours from their difference, which is exact; else without the quotient, which may overflow. */
function logRatio(p: number, q: number): number {
  return p <= 2 * q && q <= 2 * p ? Math.log1p((p - q) / q) : Math.log(p) - Math.log(q);
}

const LOG_FLOOR = -100; // binary_cross_entropy clamps its logarithms
const SLOPE_FLOOR = Math.fround(1e-12); // and the denominator of its gradient, by this f32 also in f64

const BINARY_LOGITS: Term = {
  value: (x, t, w, { strict }) => {
    // PyTorch adds (1 − t)·x to a logarithm of exponentials of differences, which at −∞ are ∞ − ∞
    if (strict && !Number.isFinite(x)) return x === Infinity ? (1 - t) * x : NaN;
    return times(w * t, softplus(-x), false) + times(1 - t, softplus(x), false);
  },
  byA: binaryLogitsSlope,
};

/** The same loss as multilabel_soft_margin_loss writes it, which differs at infinite logits only. */
const SOFT_MARGIN: Term = {
  value: (x, t, _w, { strict }) => times(t, softplus(-x), strict) + times(1 - t, softplus(x), strict),
  byA: (x, t) => binaryLogitsSlope(x, t, 1),
};

const BINARY_PROBABILITIES: Term = {
  value: (p, t) => -(t * Math.max(Math.log(p), LOG_FLOOR) + (1 - t) * Math.max(Math.log1p(-p), LOG_FLOOR)),
  byA: (p, t) => (p - t) / Math.max((1 - p) * p, SLOPE_FLOOR),
};

/** alpha_t · (1 − p_t)^γ · bce, with log(1 − p_t) = −softplus of the signed logit: everything stays a log. */
const FOCAL_LOGITS: Term = {
  value: (x, t, _w, { alpha, gamma }) => {
    const bce = times(t, softplus(-x), false) + times(1 - t, softplus(x), false);
    return alphaOf(t, alpha) * missOf(x, t) ** gamma * bce;
  },
  byA: (x, t, _w, { alpha, gamma }) => {
    const bce = times(t, softplus(-x), false) + times(1 - t, softplus(x), false);
    const miss = missOf(x, t);
    // d(1 − p_t)/dx = (1 − 2t)·σ(x)·σ(−x)
    const slope = (1 - 2 * t) * sigmoid(x) * sigmoid(-x);
    const byBce = miss ** gamma * binaryLogitsSlope(x, t, 1);
    const byMiss = gamma === 0 || slope === 0 ? 0 : gamma * miss ** (gamma - 1) * slope * bce;
    return alphaOf(t, alpha) * (byBce + byMiss);
  },
};

/** For the usual targets, 0 and 1, one of the two parts is 0: no digits are lost in a difference. */
function binaryLogitsSlope(x: number, t: number, w: number): number {
  return (1 - t) * sigmoid(x) - w * t * sigmoid(-x);
}

function alphaOf(t: number, alpha: number): number {
  return alpha < 0 ? 1 : alpha * t + (1 - alpha) * (1 - t);
}

/** 1 − p_t for p_t = t·σ(x) + (1 − t)·σ(−x). */
function missOf(x: number, t: number): number {
  return t * sigmoid(-x) + (1 - t) * sigmoid(x);
}

/** The formulas by name. */
export const TERMS: Readonly<Record<PointwiseTerm, Term>> = {
  "binary-logits": BINARY_LOGITS,
  "binary-probabilities": BINARY_PROBABILITIES,
  "soft-margin": SOFT_MARGIN,
  "focal-logits": FOCAL_LOGITS,
  kl: {
    value: (x, t, _w, { strict }) => (t < 0 ? NaN : pLog(t, t) - times(t, x, strict)),
    byA: (_x, t) => -t,
  },
  "kl-log-target": {
    value: (x, t, _w, { strict }) => (t === -Infinity && !strict && !Number.isNaN(x) ? 0 : exp(t) * (t - x)),
    byA: (_x, t) => -exp(t),
  },
  entropy: { value: (p) => -pLog(p, p) + 0 },
  "distribution-cross-entropy": { value: (p, q) => -pLog(p, q) + 0 },
  "distribution-kl": { value: (p, q) => (p === 0 && !Number.isNaN(q) ? 0 : p * logRatio(p, q)) },
  exp: { value: (x) => Math.exp(x) },
  identity: { value: (x) => x },
};
