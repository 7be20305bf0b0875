import { limit, massOf, slope, spreadGap, times } from "./formula";
import { exp } from "./functions/exp";
import { isFinite, ones, SUMMED } from "./lanes";
import { LossPlan } from "./records";
import { saturates } from "./row-formula";
import { column, EXTRA, GAP, LEAD, LOG_Z, MASS, PULL, REST, SHARE, UPSTREAM, WEIGHT } from "./scratch";

// Loops over a tile in planes: the rows of a vector side by side, class after class. Class c of the vector at x is at x + c·step.

/** In f32, smaller rests may lack terms that were below 2^-126. */
export const SMALLEST_PLANE: f32 = 7.888609052210118e-31; // 2^-100

/** Maxima into LEAD, sums of all other exponentials into REST. Maxima are searched for twice: no exponential is of more than 0. */
export function reducePlanes<T>(x: usize, step: usize, classes: i32, vectors: i32, losers: usize): void {
  let lead = column(LEAD);
  let rest = column(REST);
  const end = losers + (<usize>(classes - 1) << 4);
  for (let v = 0; v < vectors; v++) {
    // The largest so far; whatever is not any more, or never was, is set aside.
    let m = v128.load(x);
    let from = x + step;
    for (let to = losers; to < end; to += 16) {
      const y = v128.load(from);
      v128.store(to, v128.pmin<T>(y, m));
      m = v128.pmax<T>(m, y);
      from += step;
    }
    let total = v128.splat<T>(0);
    for (let at = losers; at < end; ) {
      const stop = min(end, at + 2 * SUMMED * 16);
      let sum = v128.splat<T>(0);
      let other = sum;
      for (; at + 16 < stop; at += 32) {
        sum = v128.add<T>(sum, exp<T>(v128.sub<T>(v128.load(at), m)));
        other = v128.add<T>(other, exp<T>(v128.sub<T>(v128.load(at, 16), m)));
      }
      if (at < stop) {
        sum = v128.add<T>(sum, exp<T>(v128.sub<T>(v128.load(at), m)));
        at += 16;
      }
      total = v128.add<T>(total, v128.add<T>(sum, other));
    }
    v128.store(lead, m);
    v128.store(rest, total);
    x += 16;
    lead += 16;
    rest += 16;
  }
}

/** The same, and leaves the exponentials e^(x − lead) of all classes behind. */
export function reducePlanesInto<T>(
  x: usize,
  step: usize,
  classes: i32,
  vectors: i32,
  e: usize,
  eStep: usize,
): void {
  let lead = column(LEAD);
  let rest = column(REST);
  for (let v = 0; v < vectors; v++) {
    let m = v128.load(x);
    let from = x + step;
    for (let c = 1; c < classes; c++) {
      m = v128.pmax<T>(m, v128.load(from));
      from += step;
    }
    // All but the largest exponential, of which there is always one: what is smaller is added, what is larger takes its place.
    let total = v128.splat<T>(0);
    let top = total;
    from = x;
    let to = e;
    for (let c = 0; c < classes; ) {
      let sum = v128.splat<T>(0);
      for (const stop = min(classes, c + SUMMED); c < stop; c++) {
        const y = exp<T>(v128.sub<T>(v128.load(from), m));
        v128.store(to, y);
        sum = v128.add<T>(sum, v128.pmin<T>(y, top)); // in this order NaN stays
        top = v128.pmax<T>(top, y);
        from += step;
        to += eStep;
      }
      total = v128.add<T>(total, sum);
    }
    v128.store(lead, m);
    v128.store(rest, total);
    x += 16;
    e += 16;
    lead += 16;
    rest += 16;
  }
}

/**
 * The target mass of all classes, and its sum with the gaps from the lead, into MASS and GAP. Probabilities t are at t + c·tStep;
 * with t = 0 there are none, and the mass is `base` times the weights. `strict` and `narrow` as in formula.ts.
 */
export function spreadPlanes<T>(
  x: usize,
  step: usize,
  classes: i32,
  vectors: i32,
  t: usize,
  tStep: usize,
  weights: usize,
  hot: T,
  base: T,
  narrow: bool,
  strict: bool,
): void {
  const hots = v128.splat<T>(hot);
  const bases = v128.splat<T>(base);
  const zero = v128.splat<T>(0);
  for (let v = 0; v < vectors; v++) {
    const offset = <usize>v << 4;
    const lead = finiteOr0<T>(v128.load(column(LEAD) + offset));
    let mass = zero;
    let gap = zero;
    let from = x + offset;
    let probability = t + offset;
    for (let c = 0; c < classes; ) {
      let masses = zero;
      let gaps = zero;
      for (const stop = min(classes, c + SUMMED); c < stop; c++) {
        const q = massOf<T>(t == 0 ? zero : v128.load(probability), weightOf<T>(weights, c), hots, bases);
        masses = v128.add<T>(masses, q);
        const away = limit<T>(v128.sub<T>(lead, v128.load(from)), narrow);
        gaps = v128.add<T>(gaps, strict ? v128.mul<T>(q, away) : spreadGap<T>(q, away));
        from += step;
        probability += tStep;
      }
      mass = v128.add<T>(mass, masses);
      gap = v128.add<T>(gap, gaps);
    }
    v128.store(column(MASS) + offset, mass);
    v128.store(column(GAP) + offset, gap);
  }
}

/** Exponentials times SHARE: the gradient of an index target everywhere but at the label. */
export function scalePlanes<T>(
  e: usize,
  eStep: usize,
  classes: i32,
  vectors: i32,
  factor: usize,
  out: usize,
  outStep: usize,
): void {
  for (let v = 0; v < vectors; v++) {
    const share = v128.load(factor);
    let from = e;
    let to = out;
    for (let c = 0; c < classes; c++) {
      v128.store(to, v128.mul<T>(v128.load(from), share));
      from += eStep;
      to += outStep;
    }
    factor += 16;
    e += 16;
    out += 16;
  }
}

/** The gradient where mass is spread; arguments as `spreadPlanes`. The exponential of the lead is 1. */
export function slopePlanes<T>(
  e: usize,
  eStep: usize,
  classes: i32,
  vectors: i32,
  t: usize,
  tStep: usize,
  weights: usize,
  hot: T,
  base: T,
  out: usize,
  outStep: usize,
): void {
  const hots = v128.splat<T>(hot);
  const bases = v128.splat<T>(base);
  const zero = v128.splat<T>(0);
  const one = ones<T>();
  for (let v = 0; v < vectors; v++) {
    const offset = <usize>v << 4;
    const pull = v128.load(column(PULL) + offset);
    const extra = v128.load(column(EXTRA) + offset);
    const rest = v128.load(column(REST) + offset);
    const share = v128.load(column(SHARE) + offset);
    let from = e + offset;
    let probability = t + offset;
    let to = out + offset;
    for (let c = 0; c < classes; c++) {
      const q = massOf<T>(t == 0 ? zero : v128.load(probability), weightOf<T>(weights, c), hots, bases);
      v128.store(to, slope<T>(v128.load(from), q, pull, extra, one, rest, share));
      from += eStep;
      probability += tStep;
      to += outStep;
    }
  }
}

/** The gradient with respect to probabilities, hot·w_j·(−log p_j) times the row's scale; whether all of it is finite. */
export function targetPlanes<T>(
  plan: LossPlan,
  x: usize,
  step: usize,
  classes: i32,
  padded: i32,
  weights: usize,
  out: usize,
): bool {
  const hot = v128.splat<T>(<T>plan.hot);
  const strict = plan.strict != 0;
  const narrow = saturates(plan);
  const outStep = <usize>padded * sizeof<T>();
  let finite = v128.splat<i32>(-1);
  for (let at: usize = 0; at < outStep; at += 16) {
    const weight = v128.load(column(WEIGHT) + at);
    const kept = v128.ne<T>(weight, v128.splat<T>(0));
    const scale = v128.mul<T>(v128.load(column(UPSTREAM) + at), weight);
    const lead = v128.load(column(LEAD) + at);
    const logZ = v128.load(column(LOG_Z) + at);
    for (let c = 0; c < classes; c++) {
      const mass = v128.mul<T>(hot, weightOf<T>(weights, c));
      const away = limit<T>(v128.sub<T>(lead, v128.load(x + <usize>c * step + at)), narrow);
      const by = v128.mul<T>(scale, times<T>(mass, v128.add<T>(away, logZ), strict));
      const result = v128.and(by, kept);
      finite = v128.and(finite, isFinite<T>(result));
      v128.store(out + <usize>c * outStep + at, result);
    }
  }
  return i32x4.all_true(finite);
}

/** Class c's weight in every lane; 1 where there are none. */
// @ts-ignore: decorator
@inline
function weightOf<T>(weights: usize, c: i32): v128 {
  return weights == 0 ? ones<T>() : v128.load_splat<T>(weights + <usize>c * sizeof<T>());
}

/** Of a lead: where there is none, gaps are measured from 0. */
// @ts-ignore: decorator
@inline
export function finiteOr0<T>(x: v128): v128 {
  return v128.and(x, isFinite<T>(x));
}
