import { choose, entry, lower, madd, ones, upper } from "../lanes";
import { exp } from "./exp";

// log u = k·ln2 + log(1 + f) with u = 2^k·(1 + f), √½ ≤ 1 + f < √2, and log(1 + f) = f − s·(f − R(s²)), s = f/(2 + f), where R is
// 2z/3 + 2z²/5 + …: the series of log((1 + s)/(1 − s)) = 2s + …, with 2s = f − s·f so that f keeps its digits.
//
// f32: R minimax, 0.014·2^-24 off. f64: ten terms, the next one is below 2^-57.
// Swept by functions.node.test.ts: at most 1.3 ULP (f32), 1.3 ULP (f64); log1p 1.6 and 1.6.

const F32: usize = memory.data<f32>(
  [
    0.2987215220928192, // 0 … 2: R/z
    0.39977526664733887,
    0.6666677594184875,
    0.693359375, // 3: ln2 in 10 bits: k times it is exact
    -0.00021219444, // 4: the rest
    2, // 5
    8388608, // 6: 2^23
    1.1754943508222875e-38, // 7: 2^-126, the smallest normal number
    23, // 8
    1, // 9
    Infinity, // 10
  ],
  16,
);
/** Bits of √½. */
const ROOT32: usize = memory.data<i32>([0x3f3504f3], 16);

const F64: usize = memory.data<f64>(
  [
    // 0 … 9: 2/21 … 2/3
    0.09523809523809523, 0.10526315789473684, 0.11764705882352941, 0.13333333333333333, 0.15384615384615385, 0.18181818181818182, 0.2222222222222222, 0.2857142857142857, 0.4, 0.6666666666666666,
    0.6931471803691238, // 10: ln2 in 32 bits
    1.9082149292705877e-10, // 11
    2, // 12
    4503599627370496, // 13: 2^52
    2.2250738585072014e-308, // 14
    52, // 15
  ],
  16,
);

/** log u + rest/u of each lane, where rest is what u has lost: −∞ at 0, NaN below. */
// @ts-ignore: decorator
@inline
function logarithm<T>(u: v128, correction: v128): v128 {
  const finite = sizeof<T>() == 4 ? log32(u, correction) : log64(u, correction);
  const zero = v128.splat<T>(0);
  const infinity = v128.splat<T>(<T>Infinity);
  const ordinary = v128.and(v128.gt<T>(u, zero), v128.lt<T>(u, infinity));
  const special = choose(v128.eq<T>(u, zero), v128.neg<T>(infinity), v128.splat<T>(<T>NaN));
  return choose(ordinary, finite, choose(v128.eq<T>(u, infinity), infinity, special));
}

/** log x of each lane. */
// @ts-ignore: decorator
@inline
export function log<T>(x: v128): v128 {
  return logarithm<T>(x, v128.splat<T>(0));
}

/** log(1 + x) of each lane; 1 + x loses digits of x, which come back through the correction. */
// @ts-ignore: decorator
@inline
export function log1p<T>(x: v128): v128 {
  const one = v128.splat<T>(1);
  const u = v128.add<T>(one, x);
  const lost = v128.sub<T>(x, v128.sub<T>(u, one));
  return logarithm<T>(u, v128.div<T>(lost, u));
}

/** log(1 + x) of four f32 that are not negative; of what is not finite it gives what is not finite, or is not itself. */
// @ts-ignore: decorator
@inline
export function log1pOfSums(x: v128): v128 {
  const one = entry<f32>(F32, 9);
  const u = f32x4.add(one, x);
  return normalLog32(u, f32x4.splat(0), f32x4.div(f32x4.sub(x, f32x4.sub(u, one)), u));
}

/** Exponents up to this are multiplied out. */
const MULTIPLIED = 16;

/**
 * x^exponent of each lane. For negative x as in JavaScript: NaN unless the exponent is an integer. Small integers are multiplied
 * out; else it is exp(exponent · log x) in f64, since a logarithm's error counts as often as the exponent says.
 */
export function power<T>(x: v128, exponent: f64): v128 {
  const whole = Math.floor(exponent) == exponent;
  if (whole && exponent >= 0 && exponent <= MULTIPLIED) return multiplied<T>(x, <i32>exponent);
  if (sizeof<T>() == 4) {
    const low = f32x4.demote_f64x2_zero(power<f64>(lower(x), exponent));
    const high = f32x4.demote_f64x2_zero(power<f64>(upper(x), exponent));
    return v128.shuffle<f64>(low, high, 0, 2);
  }
  const size = exp<T>(v128.mul<T>(v128.splat<T>(<T>exponent), log<T>(v128.abs<T>(x))));
  const odd = whole && Math.floor(exponent / 2) * 2 != exponent;
  const negative = whole ? (odd ? v128.neg<T>(size) : size) : v128.splat<T>(<T>NaN);
  return choose(v128.lt<T>(x, v128.splat<T>(0)), negative, size);
}

function multiplied<T>(x: v128, exponent: i32): v128 {
  let result = ones<T>();
  let square = x;
  for (let left = exponent; left > 0; left >>= 1) {
    if (left & 1) result = v128.mul<T>(result, square);
    square = v128.mul<T>(square, square);
  }
  return result;
}

const ROOT64: i64 = 0x3fe6a09e667f3bcd;

function log32(x: v128, correction: v128): v128 {
  const subnormal = f32x4.lt(x, entry<f32>(F32, 7));
  const u = choose(subnormal, f32x4.mul(x, entry<f32>(F32, 6)), x);
  return normalLog32(u, v128.and(subnormal, entry<f32>(F32, 8)), correction);
}

/** Of normal numbers u; `lower` is what their exponents are to be lowered by. */
// @ts-ignore: decorator
@inline
function normalLog32(u: v128, lower: v128, correction: v128): v128 {
  const exponent = i32x4.shr_s(i32x4.sub(u, v128.load32_splat(ROOT32)), 23);
  const f = f32x4.sub(i32x4.sub(u, i32x4.shl(exponent, 23)), entry<f32>(F32, 9));
  const k = f32x4.sub(f32x4.convert_i32x4_s(exponent), lower);
  const s = f32x4.div(f, f32x4.add(entry<f32>(F32, 5), f));
  const z = f32x4.mul(s, s);
  const q = madd<f32>(madd<f32>(entry<f32>(F32, 0), z, entry<f32>(F32, 1)), z, entry<f32>(F32, 2));
  const small = f32x4.sub(f, f32x4.mul(s, f32x4.sub(f, f32x4.mul(q, z))));
  const rest = f32x4.add(madd<f32>(k, entry<f32>(F32, 4), correction), small);
  return madd<f32>(k, entry<f32>(F32, 3), rest);
}

function log64(x: v128, correction: v128): v128 {
  const subnormal = f64x2.lt(x, entry<f64>(F64, 14));
  const u = choose(subnormal, f64x2.mul(x, entry<f64>(F64, 13)), x);
  const exponent = i64x2.shr_s(i64x2.sub(u, i64x2.splat(ROOT64)), 52);
  const f = f64x2.sub(i64x2.sub(u, i64x2.shl(exponent, 52)), f64x2.splat(1));
  // The exponents' low words side by side, as the conversion wants them.
  const words = v128.shuffle<i32>(exponent, exponent, 0, 2, 0, 2);
  const k = f64x2.sub(f64x2.convert_low_i32x4_s(words), v128.and(subnormal, entry<f64>(F64, 15)));
  const s = f64x2.div(f, f64x2.add(entry<f64>(F64, 12), f));
  const z = f64x2.mul(s, s);
  let q = entry<f64>(F64, 0);
  for (let i = 1; i < 10; i++) q = madd<f64>(q, z, entry<f64>(F64, i));
  const small = f64x2.sub(f, f64x2.mul(s, f64x2.sub(f, f64x2.mul(q, z))));
  const rest = f64x2.add(madd<f64>(k, entry<f64>(F64, 11), correction), small);
  return madd<f64>(k, entry<f64>(F64, 10), rest);
}
