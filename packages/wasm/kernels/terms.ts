import {
  BINARY_LOGITS,
  BINARY_PROBABILITIES,
  DISTRIBUTION_CROSS_ENTROPY,
  DISTRIBUTION_KL,
  ENTROPY,
  EXP,
  FOCAL_LOGITS,
  KL,
  KL_LOG_TARGET,
  SOFT_MARGIN,
} from "../src/codes";
import { times } from "./formula";
import { exp } from "./functions/exp";
import { log, log1p, power } from "./functions/log";
import { choose, isFinite, ones } from "./lanes";
import { PointwisePlan } from "./records";

// The element formulas (docs/semantics.md, Element-wise losses), for a vector of elements: a, b and the weight w of the positives.
// Infinities, NaN and what has no digits left are exact in f64; in f32 the caller looks for results that are not finite.

const LOG_FLOOR: f32 = -100; // binary_cross_entropy clamps its logarithms
const SLOPE_FLOOR: f32 = 1e-12; // and the denominator of its gradient, by this f32 also in f64

/** log(1 + e^x). */
// @ts-ignore: decorator
@inline
function softplus<T>(x: v128, log1pExp: v128): v128 {
  return v128.add<T>(v128.pmax<T>(x, v128.splat<T>(0)), log1pExp);
}

/** log(1 + e^−|x|), which both softplus(x) and softplus(−x) end in. */
// @ts-ignore: decorator
@inline
function log1pExpOf<T>(x: v128): v128 {
  return log1p<T>(exp<T>(v128.neg<T>(v128.abs<T>(x))));
}

/** 1 / (1 + e^−x), small values with all their digits. */
// @ts-ignore: decorator
@inline
function sigmoid<T>(x: v128): v128 {
  const one = ones<T>();
  const e = exp<T>(v128.neg<T>(v128.abs<T>(x)));
  const top = choose(v128.ge<T>(x, v128.splat<T>(0)), one, e);
  return v128.div<T>(top, v128.add<T>(one, e));
}

/** p times a logarithm of q: 0 where p is 0, unless q is NaN. */
// @ts-ignore: decorator
@inline
function weigh<T>(p: v128, logarithm: v128, q: v128): v128 {
  const nothing = v128.and(v128.eq<T>(p, v128.splat<T>(0)), v128.eq<T>(q, q));
  return v128.andnot(v128.mul<T>(p, logarithm), nothing);
}

/** p·log q. */
// @ts-ignore: decorator
@inline
function pLog<T>(p: v128, q: v128): v128 {
  return weigh<T>(p, log<T>(q), q);
}

/** t·softplus(−x)·w + (1 − t)·softplus(x). */
// @ts-ignore: decorator
@inline
function binary<T>(x: v128, t: v128, w: v128, strict: bool): v128 {
  const both = log1pExpOf<T>(x);
  const negative = times<T>(v128.mul<T>(w, t), softplus<T>(v128.neg<T>(x), both), strict);
  const positive = times<T>(v128.sub<T>(ones<T>(), t), softplus<T>(x, both), strict);
  return v128.add<T>(negative, positive);
}

/** Its derivative. For the usual targets, 0 and 1, one of the parts is 0: no digits are lost in a difference. */
// @ts-ignore: decorator
@inline
function binarySlope<T>(x: v128, t: v128, w: v128): v128 {
  const up = v128.mul<T>(v128.sub<T>(ones<T>(), t), sigmoid<T>(x));
  return v128.sub<T>(up, v128.mul<T>(v128.mul<T>(w, t), sigmoid<T>(v128.neg<T>(x))));
}

/** PyTorch adds (1 − t)·x to a logarithm of exponentials of differences, which at −∞ are ∞ − ∞. */
// @ts-ignore: decorator
@inline
function binaryAtInfinity<T>(value: v128, x: v128, t: v128): v128 {
  const infinity = v128.splat<T>(<T>Infinity);
  const up = v128.mul<T>(v128.sub<T>(ones<T>(), t), x);
  const at = choose(v128.eq<T>(x, infinity), up, v128.splat<T>(<T>NaN));
  return choose(isFinite<T>(x), value, at);
}

// @ts-ignore: decorator
@inline
function alphaOf<T>(t: v128, alpha: f64): v128 {
  const one = ones<T>();
  if (alpha < 0) return one;
  const negative = v128.mul<T>(v128.splat<T>(<T>(1 - alpha)), v128.sub<T>(one, t));
  return v128.add<T>(v128.mul<T>(v128.splat<T>(<T>alpha), t), negative);
}

/** 1 − p_t for p_t = t·σ(x) + (1 − t)·σ(−x). */
// @ts-ignore: decorator
@inline
function missOf<T>(x: v128, t: v128): v128 {
  const up = v128.mul<T>(t, sigmoid<T>(v128.neg<T>(x)));
  return v128.add<T>(up, v128.mul<T>(v128.sub<T>(ones<T>(), t), sigmoid<T>(x)));
}

/** log(p / q): of neighbours from their difference, which is exact; else without the quotient, which may overflow. */
// @ts-ignore: decorator
@inline
function logRatio<T>(p: v128, q: v128): v128 {
  const two = v128.splat<T>(2);
  const near = v128.and(v128.le<T>(p, v128.mul<T>(two, q)), v128.le<T>(q, v128.mul<T>(two, p)));
  const close = log1p<T>(v128.div<T>(v128.sub<T>(p, q), q));
  return choose(near, close, v128.sub<T>(log<T>(p), log<T>(q)));
}

/** The term of four or two elements. */
// @ts-ignore: decorator
@inline
export function valueOf<T>(term: i32, a: v128, b: v128, w: v128, plan: PointwisePlan): v128 {
  const zero = v128.splat<T>(0);
  const one = ones<T>();
  const strict = plan.strict != 0;
  if (term == BINARY_LOGITS) {
    const value = binary<T>(a, b, w, false);
    return strict ? binaryAtInfinity<T>(value, a, b) : value;
  }
  if (term == SOFT_MARGIN) return binary<T>(a, b, one, strict);
  if (term == BINARY_PROBABILITIES) {
    const floor = v128.splat<T>(<T>LOG_FLOOR);
    const hit = v128.mul<T>(b, v128.pmax<T>(log<T>(a), floor));
    const miss = v128.mul<T>(v128.sub<T>(one, b), v128.pmax<T>(log1p<T>(v128.neg<T>(a)), floor));
    return v128.neg<T>(v128.add<T>(hit, miss));
  }
  if (term == FOCAL_LOGITS) {
    const factor = v128.mul<T>(alphaOf<T>(b, plan.alpha), power<T>(missOf<T>(a, b), plan.gamma));
    return v128.mul<T>(factor, binary<T>(a, b, one, false));
  }
  if (term == KL) {
    const value = v128.sub<T>(pLog<T>(b, b), times<T>(b, a, strict));
    return choose(v128.lt<T>(b, zero), v128.splat<T>(<T>NaN), value);
  }
  if (term == KL_LOG_TARGET) {
    const value = v128.mul<T>(exp<T>(b), v128.sub<T>(b, a));
    const nothing = v128.and(v128.eq<T>(b, v128.splat<T>(<T>-Infinity)), v128.eq<T>(a, a));
    return strict ? value : v128.andnot(value, nothing);
  }
  if (term == ENTROPY) return v128.sub<T>(zero, pLog<T>(a, a));
  if (term == DISTRIBUTION_CROSS_ENTROPY) return v128.sub<T>(zero, pLog<T>(a, b));
  if (term == DISTRIBUTION_KL) return weigh<T>(a, logRatio<T>(a, b), b);
  return term == EXP ? exp<T>(a) : a;
}

/** Its derivative by a; of terms that have none, nothing. */
// @ts-ignore: decorator
@inline
export function slopeOf<T>(term: i32, a: v128, b: v128, w: v128, plan: PointwisePlan): v128 {
  const zero = v128.splat<T>(0);
  const one = ones<T>();
  if (term == BINARY_LOGITS) return binarySlope<T>(a, b, w);
  if (term == SOFT_MARGIN) return binarySlope<T>(a, b, one);
  if (term == BINARY_PROBABILITIES) {
    const under = v128.pmax<T>(v128.mul<T>(v128.sub<T>(one, a), a), v128.splat<T>(<T>SLOPE_FLOOR));
    return v128.div<T>(v128.sub<T>(a, b), under);
  }
  if (term == FOCAL_LOGITS) {
    const miss = missOf<T>(a, b);
    // d(1 − p_t)/dx = (1 − 2t)·σ(x)·σ(−x)
    const both = v128.mul<T>(sigmoid<T>(a), sigmoid<T>(v128.neg<T>(a)));
    const slope = v128.mul<T>(v128.sub<T>(one, v128.add<T>(b, b)), both);
    const byBinary = v128.mul<T>(power<T>(miss, plan.gamma), binarySlope<T>(a, b, one));
    const gamma = v128.splat<T>(<T>plan.gamma);
    const lead = v128.mul<T>(v128.mul<T>(gamma, power<T>(miss, plan.gamma - 1)), slope);
    const byMiss = v128.mul<T>(lead, binary<T>(a, b, one, false));
    const none = plan.gamma == 0 ? v128.splat<i32>(-1) : v128.eq<T>(slope, zero);
    return v128.mul<T>(alphaOf<T>(b, plan.alpha), v128.add<T>(byBinary, v128.andnot(byMiss, none)));
  }
  if (term == KL) return v128.neg<T>(b);
  if (term == KL_LOG_TARGET) return v128.neg<T>(exp<T>(b));
  return one;
}
