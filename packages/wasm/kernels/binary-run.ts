import { exp } from "./functions/exp";
import { log1p } from "./functions/log";
import { madd, sumOf } from "./lanes";
import { column, SPARE } from "./scratch";

// Binary cross entropy with logits of a run of f32, summed: with H = [x ≥ 0] and u = e^−|x|,
//
//     Σ (H − t)·x + Σ log(1 + u)         gradient  ((H − t) + u·(1 − H − t)) / (1 + u)
//
// where neither difference loses a digit, whatever t. The logarithms are one of a product, kept as Q = Π (1 + u) − 1 so that small u
// keep their digits. Infinities and NaN make the sum infinite or NaN.

/** Factors of a product, each of which is at most 2. */
const FACTORS = 48;

/** Sum of the losses of n elements. */
export function binaryLosses(x: usize, t: usize, n: i32): f64 {
  return both(x, t, n, 0, 0, false);
}

/** The same, and the gradients times `scale`. */
export function binaryGradients(x: usize, t: usize, n: i32, to: usize, scale: f32): f64 {
  return both(x, t, n, to, scale, true);
}

// @ts-ignore: decorator
@inline
function both(x: usize, t: usize, n: i32, to: usize, scale: f32, slopes: bool): f64 {
  let total: f64 = 0;
  let i = 0;
  while (i + 8 <= n) {
    const end = min(i + 8 * FACTORS, n & ~7);
    total += stretch(x, t, end - i, to, scale, slopes);
    const bytes = <usize>(end - i) << 2;
    x += bytes;
    t += bytes;
    to += bytes;
    i = end;
  }
  if (i == n) return total;
  // The last few beside elements without a loss.
  const spare = column(SPARE);
  const bytes = <usize>(n - i) << 2;
  v128.store(spare, f32x4.splat(-100));
  v128.store(spare, f32x4.splat(-100), 16);
  v128.store(spare, f32x4.splat(0), 32);
  v128.store(spare, f32x4.splat(0), 48);
  memory.copy(spare, x, bytes);
  memory.copy(spare + 32, t, bytes);
  total += stretch(spare, spare + 32, 8, spare + 64, scale, slopes);
  if (slopes) memory.copy(to, spare + 64, bytes);
  return total;
}

/** A multiple of eight elements, no more than the product holds. */
// @ts-ignore: decorator
@inline
function stretch(x: usize, t: usize, n: i32, to: usize, scale: f32, slopes: bool): f64 {
  const one = f32x4.splat(1);
  const scales = f32x4.splat(scale);
  let gaps0 = f32x4.splat(0);
  let gaps1 = gaps0;
  let product0 = gaps0;
  let product1 = gaps0;
  const end = x + (<usize>n << 2);
  while (x < end) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const t0 = v128.load(t);
    const t1 = v128.load(t, 16);
    const negative0 = v128.and(one, i32x4.shr_s(x0, 31));
    const negative1 = v128.and(one, i32x4.shr_s(x1, 31));
    const away0 = f32x4.sub(f32x4.sub(one, negative0), t0);
    const away1 = f32x4.sub(f32x4.sub(one, negative1), t1);
    const u0 = exp<f32>(v128.or(x0, f32x4.splat(-0)));
    const u1 = exp<f32>(v128.or(x1, f32x4.splat(-0)));
    gaps0 = madd<f32>(away0, x0, gaps0);
    gaps1 = madd<f32>(away1, x1, gaps1);
    product0 = madd<f32>(product0, u0, f32x4.add(product0, u0));
    product1 = madd<f32>(product1, u1, f32x4.add(product1, u1));
    if (slopes) {
      const share0 = f32x4.div(scales, f32x4.add(one, u0));
      const share1 = f32x4.div(scales, f32x4.add(one, u1));
      v128.store(to, f32x4.mul(madd<f32>(u0, f32x4.sub(negative0, t0), away0), share0));
      v128.store(to, f32x4.mul(madd<f32>(u1, f32x4.sub(negative1, t1), away1), share1), 16);
      to += 32;
    }
    x += 32;
    t += 32;
  }
  return sumOf<f32>(gaps0) + sumOf<f32>(gaps1) + sumOf<f32>(log1p<f32>(product0)) + sumOf<f32>(log1p<f32>(product1));
}
