import { exp } from "./functions/exp";
import { entry, madd, nmadd, ones, sumOf } from "./lanes";
import { tile } from "./scratch";
import { addBeside, beginProduct, both, endProduct, multiplyBy } from "./walk-product";

// Cross entropy with probabilities of a block of f32 rows in planes that all count alike, as walk.ts has it for labels. Rows are measured
// from their maximum m, with rest the sum of all exponentials but the largest:
//
//     loss = S·log(1 + rest) + Σ t_j·(m − x_j),  S = Σ t_j        gradient  ((S·e_j − t_j) − t_j·rest)·scale/(1 + rest)
//
// S is 1 but for rounding: S·log z is log z, of which a block needs only the logarithm of a product, and (S − 1)·log z, for which it is
// enough to read log₂ z from the bits of z, exponent and mantissa as one number: off by 0.09, or by 31 % where it is small.

const NUMBERS: usize = memory.data<f32>([7.888609052210118e-31, 1065353216], 16); // 2^-100, the bits of 1
const MAGNITUDE: usize = memory.data<i32>([0x7fffffff], 16);
/** How far S may be from 1: then (S − 1)·log z is exact to 31 % of this. */
const TOLERANCE: f32 = 9.5367431640625e-7; // 2^-20
/** ln 2, by what the bits of a number count for 1. */
const BITS: f64 = 0.6931471805599453 / 8388608;

/** Sum of the losses of the last block. */
export let denseSum: f64 = 0;

/** What the last block is not ordinary for: masses that are not 1, or numbers. */
export let denseIsUnit: bool = true;

let complete: v128 = i32x4.splat(-1);
let off: v128 = f32x4.splat(0);
let bend: v128 = f32x4.splat(0);

function begin(): void {
  beginProduct();
  complete = i32x4.splat(-1);
  off = f32x4.splat(0);
  bend = f32x4.splat(0);
}

function end(): bool {
  denseSum = endProduct() + sumOf<f32>(bend) * BITS;
  denseIsUnit = i32x4.all_true(f32x4.le(off, f32x4.splat(TOLERANCE)));
  return denseIsUnit && denseSum - denseSum == 0 && i32x4.all_true(complete);
}

/** Takes in eight rows: rests, masses and gaps. */
// @ts-ignore: decorator
@inline
function add(rest0: v128, rest1: v128, mass0: v128, mass1: v128, gap: v128): void {
  // NaN in a row shows in its gap or its rest.
  complete = v128.and(complete, f32x4.ge(f32x4.pmin(rest0, rest1), entry<f32>(NUMBERS, 0)));
  const d0 = f32x4.sub(mass0, ones<f32>());
  const d1 = f32x4.sub(mass1, ones<f32>());
  const magnitude = v128.load32_splat(MAGNITUDE);
  off = f32x4.pmax(off, f32x4.pmax(v128.and(d0, magnitude), v128.and(d1, magnitude)));
  bend = madd<f32>(d0, roughLog(rest0), bend);
  bend = madd<f32>(d1, roughLog(rest1), bend);
  addBeside(gap);
  multiplyBy(both(rest0, rest1));
}

/** log₂(1 + rest) · 2²³, roughly. */
// @ts-ignore: decorator
@inline
function roughLog(rest: v128): v128 {
  return f32x4.sub(f32x4.convert_i32x4_s(f32x4.add(rest, ones<f32>())), entry<f32>(NUMBERS, 1));
}

/** Losses of rows, a multiple of eight; false where one is not ordinary. */
export function walkDense(x: usize, step: usize, t: usize, tStep: usize, classes: i32, rows: i32): bool {
  const losers = tile(1);
  const losersEnd = losers + (<usize>(classes - 1) << 5);
  begin();
  for (let group = rows >> 3; group > 0; group--) {
    // As in walk.ts: the largest so far, and whatever is not set aside.
    let m0 = v128.load(x);
    let m1 = v128.load(x, 16);
    let from = x + step;
    for (let to = losers; to < losersEnd; to += 32) {
      const y0 = v128.load(from);
      const y1 = v128.load(from, 16);
      from += step;
      v128.store(to, f32x4.pmin(y0, m0));
      v128.store(to, f32x4.pmin(y1, m1), 16);
      m0 = f32x4.pmax(m0, y0);
      m1 = f32x4.pmax(m1, y1);
    }
    let rest0 = f32x4.splat(0);
    let rest1 = f32x4.splat(0);
    for (let lost = losers; lost < losersEnd; lost += 32) {
      rest0 = f32x4.add(rest0, exp<f32>(f32x4.sub(v128.load(lost), m0)));
      rest1 = f32x4.add(rest1, exp<f32>(f32x4.sub(v128.load(lost, 16), m1)));
    }
    let mass0 = f32x4.splat(0);
    let mass1 = f32x4.splat(0);
    let gap0 = f32x4.splat(0);
    let gap1 = f32x4.splat(0);
    from = x;
    let probability = t;
    for (let c = 0; c < classes; c++) {
      const t0 = v128.load(probability);
      const t1 = v128.load(probability, 16);
      probability += tStep;
      mass0 = f32x4.add(mass0, t0);
      mass1 = f32x4.add(mass1, t1);
      gap0 = madd<f32>(t0, f32x4.sub(m0, v128.load(from)), gap0);
      gap1 = madd<f32>(t1, f32x4.sub(m1, v128.load(from, 16)), gap1);
      from += step;
    }
    add(rest0, rest1, mass0, mass1, f32x4.add(gap0, gap1));
    x += 32;
    t += 32;
  }
  return end();
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
  const scales = f32x4.splat(-scale);
  const e = tile(1);
  const eEnd = e + (<usize>classes << 5);
  begin();
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
    let rest0 = f32x4.splat(0);
    let rest1 = f32x4.splat(0);
    let top0 = f32x4.splat(0);
    let top1 = f32x4.splat(0);
    let mass0 = f32x4.splat(0);
    let mass1 = f32x4.splat(0);
    let gap0 = f32x4.splat(0);
    let gap1 = f32x4.splat(0);
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
      gap0 = nmadd<f32>(t0, d0, gap0);
      gap1 = nmadd<f32>(t1, d1, gap1);
      const e0 = exp<f32>(d0);
      const e1 = exp<f32>(d1);
      v128.store(to, e0);
      v128.store(to, e1, 16);
      rest0 = f32x4.add(rest0, f32x4.pmin(e0, top0));
      rest1 = f32x4.add(rest1, f32x4.pmin(e1, top1));
      top0 = f32x4.pmax(top0, e0);
      top1 = f32x4.pmax(top1, e1);
    }
    add(rest0, rest1, mass0, mass1, f32x4.add(gap0, gap1));
    const share0 = f32x4.div(scales, f32x4.add(rest0, ones<f32>()));
    const share1 = f32x4.div(scales, f32x4.add(rest1, ones<f32>()));
    probability = t;
    let target = out;
    for (let at = e; at < eEnd; at += 32) {
      const t0 = v128.load(probability);
      const t1 = v128.load(probability, 16);
      probability += tStep;
      const held0 = madd<f32>(t0, rest0, nmadd<f32>(mass0, v128.load(at), t0));
      const held1 = madd<f32>(t1, rest1, nmadd<f32>(mass1, v128.load(at, 16), t1));
      v128.store(target, f32x4.mul(held0, share0));
      v128.store(target, f32x4.mul(held1, share1), 16);
      target += outStep;
    }
    x += 32;
    t += 32;
    out += 32;
  }
  return end();
}
