import { exp } from "./functions/exp";
import { log1pOfSums } from "./functions/log";
import { lower, madd, ones, sumOf, upper } from "./lanes";
import { column, SPARE } from "./scratch";

// Binary cross entropy with logits of a run of f32, summed: with H = [x ≥ 0] and u = e^−|x|,
//
//     Σ (H − t)·x + Σ log(1 + u)         gradient  ((H − t) + u·(1 − H − t)) / (1 + u)
//
// where neither difference loses a digit, whatever t. The logarithms are one of a product, kept as Q = Π (1 + u) − 1 so that small u
// keep their digits. Infinities and NaN make the sum infinite or NaN.

const SIGN: usize = memory.data<i32>([-2147483648], 16);

/** Bytes of a stretch, whose logarithms are one: 48 factors of at most 2 in each of two products, which are multiplied at its end. */
const STRETCH: usize = 48 * 32;

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
  begin();
  const whole = n & ~7;
  walk(x, t, whole, to, scale, slopes);
  if (whole == n) return end();
  // The last few beside elements without a loss.
  const spare = column(SPARE);
  const at = <usize>whole << 2;
  const bytes = <usize>(n - whole) << 2;
  v128.store(spare, f32x4.splat(-100));
  v128.store(spare, f32x4.splat(-100), 16);
  v128.store(spare, f32x4.splat(0), 32);
  v128.store(spare, f32x4.splat(0), 48);
  memory.copy(spare, x + at, bytes);
  memory.copy(spare + 32, t + at, bytes);
  walk(spare, spare + 32, 8, spare + 64, scale, slopes);
  if (slopes) memory.copy(to + at, spare + 64, bytes);
  return end();
}

let sums: v128 = f64x2.splat(0);

function begin(): void {
  sums = f64x2.splat(0);
}

function end(): f64 {
  return sumOf<f64>(sums);
}

/** Takes in gaps and a product of a stretch. */
function add(gaps: v128, product: v128): void {
  const loss = f32x4.add(f32x4.add(gaps, log1pOfSums(product)), f32x4.sub(product, product)); // NaN where that is not finite
  sums = f64x2.add(sums, f64x2.add(lower(loss), upper(loss)));
}

/** A multiple of eight elements. */
// @ts-ignore: decorator
@inline
function walk(x: usize, t: usize, n: i32, to: usize, scale: f32, slopes: bool): void {
  const scales = f32x4.splat(scale);
  const end = x + (<usize>n << 2);
  while (x < end) {
    const stop = min(x + STRETCH, end);
    let gaps0 = f32x4.splat(0);
    let gaps1 = gaps0;
    let product0 = gaps0;
    let product1 = gaps0;
    for (; x < stop; x += 32) {
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      const t0 = v128.load(t);
      const t1 = v128.load(t, 16);
      t += 32;
      const below0 = i32x4.shr_s(x0, 31);
      const below1 = i32x4.shr_s(x1, 31);
      const away0 = f32x4.sub(v128.andnot(ones<f32>(), below0), t0);
      const away1 = f32x4.sub(v128.andnot(ones<f32>(), below1), t1);
      const u0 = exp<f32>(v128.or(x0, v128.load32_splat(SIGN)));
      const u1 = exp<f32>(v128.or(x1, v128.load32_splat(SIGN)));
      gaps0 = madd<f32>(away0, x0, gaps0);
      gaps1 = madd<f32>(away1, x1, gaps1);
      product0 = madd<f32>(product0, u0, f32x4.add(product0, u0));
      product1 = madd<f32>(product1, u1, f32x4.add(product1, u1));
      if (slopes) {
        const share0 = f32x4.div(scales, f32x4.add(ones<f32>(), u0));
        const share1 = f32x4.div(scales, f32x4.add(ones<f32>(), u1));
        const back0 = f32x4.sub(v128.and(ones<f32>(), below0), t0);
        const back1 = f32x4.sub(v128.and(ones<f32>(), below1), t1);
        v128.store(to, f32x4.mul(madd<f32>(u0, back0, away0), share0));
        v128.store(to, f32x4.mul(madd<f32>(u1, back1, away1), share1), 16);
        to += 32;
      }
    }
    add(f32x4.add(gaps0, gaps1), madd<f32>(product0, product1, f32x4.add(product0, product1)));
  }
}
