import { exp } from "./functions/exp";
import { log1pOfSums } from "./functions/log";
import { entry, sumOf } from "./lanes";
import { tile } from "./scratch";

// Cross entropy with probabilities of a block of f32 rows in planes that all count alike, as walk.ts has it for labels. Rows are measured
// from their maximum m, with rest the sum of all exponentials but the largest:
//
//     loss = S·log(1 + rest) + Σ t_j·(m − x_j),  S = Σ t_j        gradient  ((S·e_j − t_j) − t_j·rest)·scale/(1 + rest)

const NUMBERS: usize = memory.data<f32>([1, 7.888609052210118e-31], 16); // 1, 2^-100

/** Sum of the losses of the last block. */
export let denseSum: f64 = 0;

/** Losses of rows, a multiple of eight; false where one is not ordinary. */
export function walkDense(x: usize, step: usize, t: usize, tStep: usize, classes: i32, rows: i32): bool {
  return dense(x, step, t, tStep, classes, rows, 0, 0, 0, false);
}

/** The same with gradients, to memory that is not the logits'. */
export function walkDenseBack(
  x: usize,
  step: usize,
  t: usize,
  tStep: usize,
  classes: i32,
  rows: i32,
  out: usize,
  outStep: usize,
  scale: f32,
): bool {
  return dense(x, step, t, tStep, classes, rows, out, outStep, scale, true);
}

// @ts-ignore: decorator
@inline
function dense(
  x: usize,
  step: usize,
  t: usize,
  tStep: usize,
  classes: i32,
  rows: i32,
  out: usize,
  outStep: usize,
  scale: f32,
  slopes: bool,
): bool {
  const zero = f32x4.splat(0);
  const scales = f32x4.splat(scale);
  const e = tile(1);
  const eEnd = e + (<usize>classes << 5);
  let complete = i32x4.splat(-1);
  let sum = f64x2.splat(0);
  for (let group = rows >> 3; group > 0; group--) {
    let m0 = v128.load(x);
    let m1 = v128.load(x, 16);
    let from = x + step;
    for (let c = 1; c < classes; c++) {
      m0 = f32x4.pmax(m0, v128.load(from));
      m1 = f32x4.pmax(m1, v128.load(from, 16));
      from += step;
    }
    // All but the largest exponential, of which there is always one; in this order NaN is added.
    let rest0 = zero;
    let rest1 = zero;
    let top0 = zero;
    let top1 = zero;
    let mass0 = zero;
    let mass1 = zero;
    let gap0 = zero;
    let gap1 = zero;
    from = x;
    let probability = t;
    for (let to = e; to < eEnd; to += 32) {
      const d0 = f32x4.sub(v128.load(from), m0);
      const d1 = f32x4.sub(v128.load(from, 16), m1);
      from += step;
      const t0 = v128.load(probability);
      const t1 = v128.load(probability, 16);
      probability += tStep;
      mass0 = f32x4.add(mass0, t0);
      mass1 = f32x4.add(mass1, t1);
      gap0 = f32x4.sub(gap0, f32x4.mul(t0, d0));
      gap1 = f32x4.sub(gap1, f32x4.mul(t1, d1));
      const e0 = exp<f32>(d0);
      const e1 = exp<f32>(d1);
      if (slopes) {
        v128.store(to, e0);
        v128.store(to, e1, 16);
      }
      rest0 = f32x4.add(rest0, f32x4.pmin(e0, top0));
      rest1 = f32x4.add(rest1, f32x4.pmin(e1, top1));
      top0 = f32x4.pmax(top0, e0);
      top1 = f32x4.pmax(top1, e1);
    }
    const smallest = entry<f32>(NUMBERS, 1);
    complete = v128.and(complete, v128.and(f32x4.ge(rest0, smallest), f32x4.ge(rest1, smallest)));
    const loss0 = f32x4.add(f32x4.mul(mass0, log1pOfSums(rest0)), gap0);
    const loss1 = f32x4.add(f32x4.mul(mass1, log1pOfSums(rest1)), gap1);
    sum = f64x2.add(sum, f64x2.add(halves(loss0), halves(loss1)));
    if (slopes) {
      const one = entry<f32>(NUMBERS, 0);
      const share0 = f32x4.div(scales, f32x4.add(one, rest0));
      const share1 = f32x4.div(scales, f32x4.add(one, rest1));
      probability = t;
      let target = out;
      for (let at = e; at < eEnd; at += 32) {
        const t0 = v128.load(probability);
        const t1 = v128.load(probability, 16);
        probability += tStep;
        const held0 = f32x4.sub(f32x4.sub(f32x4.mul(mass0, v128.load(at)), t0), f32x4.mul(t0, rest0));
        const held1 = f32x4.sub(f32x4.sub(f32x4.mul(mass1, v128.load(at, 16)), t1), f32x4.mul(t1, rest1));
        v128.store(target, f32x4.mul(held0, share0));
        v128.store(target, f32x4.mul(held1, share1), 16);
        target += outStep;
      }
      out += 32;
    }
    x += 32;
    t += 32;
  }
  denseSum = sumOf<f64>(sum);
  return denseSum - denseSum == 0 && i32x4.all_true(complete);
}

/** Four f32 as two f64 sums. */
// @ts-ignore: decorator
@inline
function halves(v: v128): v128 {
  return f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(v128.shuffle<f64>(v, v, 1, 1)));
}
