import { entry, madd, nmadd } from "../lanes";

// e^x = 2^n · e^r with n = round(x · log2 e), r = x − n·ln2, |r| ≤ ln2/2. ln2 is subtracted in two parts, the first of which has
// so few bits that n times it is exact: in one part the result would be 68 ULP off at −80. Adding 1.5·2^23 (2^52) rounds to an
// integer and leaves it in the low bits, from where a shift makes it an exponent.
//
// f32: e^r = 1 + r·p(r), p minimax of degree 4, off by 1.54·2^-24. Results below 2^-126 are 0.
// f64: the Taylor polynomial of degree 13, r^14/14! < 2^-57. Subnormal results are rounded once more.
// −∞ gives 0, NaN gives NaN. Swept by functions.node.test.ts: at most 2.3 ULP (f32), 1.1 ULP (f64).

const F32: usize = memory.data<f32>(
  [
    -88, // 0: where n is −127, whose power is 0
    12583039, // 1: 1.5·2^23 + 127, so that the low bits are those of an exponent
    1.4426950408889634, // 2: log2 e
    0.693115234375, // 3: ln2 in 12 bits
    3.194618498674e-5, // 4: the rest of ln2
    0.0082903066650033, // 5 … 9: p
    0.0418979749083519,
    0.1666763722896576,
    0.4999915063381195,
    0.9999997019767761,
  ],
  16,
);

const F64: usize = memory.data<f64>(
  [
    -746, // 0: e^x is 0 in f64
    710, // 1: e^x is infinite
    6755399441055744, // 2: 1.5·2^52
    1.4426950408889634, // 3: log2 e
    0.6931471803691238, // 4: ln2 in 32 bits
    1.9082149292705877e-10, // 5: the rest
    1.6059043836821613e-10, // 6: 1/13!
    2.08767569878681e-09, // 7: 1/12!
    2.505210838544172e-08, // 8: 1/11!
    2.755731922398589e-07, // 9: 1/10!
    2.7557319223985893e-06, // 10: 1/9!
    2.48015873015873e-05, // 11: 1/8!
    0.0001984126984126984, // 12: 1/7!
    0.001388888888888889, // 13: 1/6!
    0.008333333333333333, // 14: 1/5!
    0.041666666666666664, // 15: 1/4!
    0.16666666666666666, // 16: 1/3!
    0.5, // 17: 1/2!
    1, // 18
  ],
  16,
);

/** e^x of each lane; in f32 for x ≤ 88, beyond which it means nothing. */
// @ts-ignore: decorator
@inline
export function exp<T>(x: v128): v128 {
  return sizeof<T>() == 4 ? shiftedExp(x, entry<f32>(F32, 0), entry<f32>(F32, 1)) : exp64(x);
}

/**
 * e^x · 2^-k of each lane in f32, at the price of `exp`: k is in the constants, `lowestAt(k)` and `magicAt(k)`. No digit of x is
 * lost, as x − k·ln2 would lose them, while |x| < 2,800.
 */
// @ts-ignore: decorator
@inline
export function shiftedExp(x: v128, lowest: v128, magic: v128): v128 {
  const clamped = f32x4.pmax(x, lowest);
  const u = madd<f32>(clamped, entry<f32>(F32, 2), magic);
  const n = f32x4.sub(u, magic);
  const r = nmadd<f32>(n, entry<f32>(F32, 4), nmadd<f32>(n, entry<f32>(F32, 3), clamped));
  let p = madd<f32>(entry<f32>(F32, 5), r, entry<f32>(F32, 6));
  p = madd<f32>(p, r, entry<f32>(F32, 7));
  p = madd<f32>(p, r, entry<f32>(F32, 8));
  p = madd<f32>(p, r, entry<f32>(F32, 9));
  const power = i32x4.shl(u, 23);
  return madd<f32>(power, f32x4.mul(p, r), power);
}

/** Where `shiftedExp` becomes 0. */
export function lowestAt(k: i32): f32 {
  return k == 0 ? -88 : <f32>(<f64>(k - 127) * 0.6931471805599453);
}

/** What `shiftedExp` rounds by. */
export function magicAt(k: i32): f32 {
  return 12583039 - <f32>k;
}

function exp64(x: v128): v128 {
  // 0 is put in instead of computed: a product below 2^-1022 takes processors a hundred cycles.
  const none = f64x2.lt(x, entry<f64>(F64, 0));
  const clamped = f64x2.pmin(v128.andnot(x, none), entry<f64>(F64, 1)); // in this order NaN stays
  const magic = entry<f64>(F64, 2);
  const u = madd<f64>(clamped, entry<f64>(F64, 3), magic);
  const rounded = f64x2.sub(u, magic);
  const r = nmadd<f64>(rounded, entry<f64>(F64, 5), nmadd<f64>(rounded, entry<f64>(F64, 4), clamped));
  const grown = f64x2.add(entry<f64>(F64, 18), exp64Minus1(r));
  // 2^n in two factors, each of them normal.
  const n = i64x2.sub(u, magic);
  const half = i64x2.shr_s(n, 1);
  return v128.andnot(f64x2.mul(f64x2.mul(grown, power64(half)), power64(i64x2.sub(n, half))), none);
}

/** e^r − 1 for |r| ≤ ln2/2: what `expm1` needs as well. */
// @ts-ignore: decorator
@inline
export function exp64Minus1(r: v128): v128 {
  let p = entry<f64>(F64, 6);
  for (let i = 7; i < 18; i++) p = madd<f64>(p, r, entry<f64>(F64, i));
  return madd<f64>(p, f64x2.mul(r, r), r);
}

/** 2^n for integers n in [−1022, 1023]. */
// @ts-ignore: decorator
@inline
export function power64(n: v128): v128 {
  return i64x2.shl(i64x2.add(n, i64x2.splat(1023)), 52);
}
