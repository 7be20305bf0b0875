import { log1pOfSums } from "./functions/log";
import { entry, lower, madd, sumOf, upper } from "./lanes";

// Σ log(1 + r) of a block, as one logarithm of a product that is kept as Q = Π (1 + r) − 1, so that small r keep their digits, until it
// grows large. What else belongs to the sum is added beside it.

const LARGE: usize = memory.data<f32>([1.152921504606847e18], 16); // 2^60

let product: v128 = f32x4.splat(0);
let sums: v128 = f64x2.splat(0);

/** A new block. */
export function beginProduct(): void {
  product = f32x4.splat(0);
  sums = f64x2.splat(0);
}

/** Four more factors 1 + r, one in each lane. */
// @ts-ignore: decorator
@inline
export function multiplyBy(r: v128): void {
  const before = product;
  if (i32x4.all_true(f32x4.le(f32x4.pmax(before, r), entry<f32>(LARGE, 0)))) {
    product = madd<f32>(before, r, f32x4.add(before, r));
  } else {
    flush(before);
    product = r;
  }
}

/** The r of the product of two factors. */
// @ts-ignore: decorator
@inline
export function both(r: v128, s: v128): v128 {
  return madd<f32>(r, s, f32x4.add(r, s));
}

/** Adds four numbers to the sum. */
// @ts-ignore: decorator
@inline
export function addBeside(x: v128): void {
  sums = f64x2.add(sums, f64x2.add(lower(x), upper(x)));
}

function flush(q: v128): void {
  addBeside(f32x4.add(log1pOfSums(q), f32x4.sub(q, q))); // NaN where q is not finite
}

/** The sum of the block. */
export function endProduct(): f64 {
  flush(product);
  return sumOf<f64>(sums);
}
