import { choose, isFinite, madd } from "./lanes";

// The formulas that a class goes through, in either layout (docs/semantics.md): written once.

/** Target mass of a class that has probability t: w·(hot·t + base). */
// @ts-ignore: decorator
@inline
export function massOf<T>(t: v128, w: v128, hot: v128, base: v128): v128 {
  return v128.mul<T>(w, madd<T>(hot, t, base));
}

/** q·gap, where a class without mass contributes nothing however far away it is. */
// @ts-ignore: decorator
@inline
export function spreadGap<T>(q: v128, gap: v128): v128 {
  return v128.and(v128.mul<T>(q, gap), v128.ne<T>(q, v128.splat<T>(0)));
}

/**
 * Gradient at a class with exponential e and mass q: S·e/z − q with z = peak + rest, in an order that loses nothing where all mass
 * is on the peak: ((S·e − q·peak) − q·rest + extra·e)/z, times what multiplies the row.
 */
// @ts-ignore: decorator
@inline
export function slope<T>(e: v128, q: v128, pull: v128, extra: v128, peak: v128, rest: v128, share: v128): v128 {
  const held = v128.sub<T>(v128.sub<T>(v128.mul<T>(pull, e), v128.mul<T>(q, peak)), v128.mul<T>(q, rest));
  return v128.mul<T>(madd<T>(extra, e, held), share);
}

/** a·b, with 0·∞ = 0 unless strict; NaN stays. */
// @ts-ignore: decorator
@inline
export function times<T>(a: v128, b: v128, strict: bool): v128 {
  const product = v128.mul<T>(a, b);
  if (strict) return product;
  const nothing = v128.and(v128.eq<T>(a, v128.splat<T>(0)), v128.eq<T>(b, b));
  return v128.andnot(product, nothing);
}

/** ±∞ beyond the range of f32, where PyTorch's results are f32. */
// @ts-ignore: decorator
@inline
export function limit<T>(x: v128, saturates: bool): v128 {
  if (!saturates || sizeof<T>() == 4) return x;
  const narrow = f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(x));
  return choose(isFinite<f64>(narrow), x, narrow);
}

/** Carries a gradient back through a transformation of the logits; where there is none, a slope of NaN makes none. */
// @ts-ignore: decorator
@inline
export function chain<T>(gradient: v128, by: v128): v128 {
  return v128.and(v128.mul<T>(gradient, by), v128.ne<T>(gradient, v128.splat<T>(0)));
}
