import { entry, madd, nmadd } from "../lanes";
import { exp64Minus1, power64 } from "./exp";

// e^x − 1 = 2^n · (e^r − 1) + (2^n − 1) with n and r as in exp.ts: no cancellation, since 2^n − 1 is exact. For x ≤ 0 only, which is
// all that is asked of it.
//
// f32: e^r − 1 = r + r²·q(r), q minimax of degree 4, off by 0.22·2^-24. f64: Taylor, as exp.
// Swept by functions.node.test.ts: at most 1.6 ULP (f32), 1.4 ULP (f64).

const F32: usize = memory.data<f32>(
  [
    -100, // 0: the result is −1
    12582912, // 1: 1.5·2^23
    1.4426950408889634, // 2: log2 e
    0.693115234375, // 3: ln2 in 12 bits
    3.194618498674e-5, // 4: the rest
    0.0013882521307095885, // 5 … 9: q
    0.008366520516574383,
    0.04166720062494278,
    0.1666654348373413,
    0.4999999701976776,
    1, // 10
  ],
  16,
);

const F64: usize = memory.data<f64>(
  [-100, 6755399441055744, 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10, 1],
  16,
);

/** e^x − 1 of each lane, for x ≤ 0. */
// @ts-ignore: decorator
@inline
export function expm1<T>(x: v128): v128 {
  return sizeof<T>() == 4 ? expm1_32(x) : expm1_64(x);
}

function expm1_32(x: v128): v128 {
  const clamped = f32x4.pmax(x, entry<f32>(F32, 0));
  const magic = entry<f32>(F32, 1);
  const u = madd<f32>(clamped, entry<f32>(F32, 2), magic);
  const n = f32x4.sub(u, magic);
  const r = nmadd<f32>(n, entry<f32>(F32, 4), nmadd<f32>(n, entry<f32>(F32, 3), clamped));
  let q = madd<f32>(entry<f32>(F32, 5), r, entry<f32>(F32, 6));
  q = madd<f32>(q, r, entry<f32>(F32, 7));
  q = madd<f32>(q, r, entry<f32>(F32, 8));
  q = madd<f32>(q, r, entry<f32>(F32, 9));
  const small = madd<f32>(q, f32x4.mul(r, r), r);
  // −100 is 2^-144, which has no exponent: 0 will do.
  const power = i32x4.shl(i32x4.max_s(i32x4.add(i32x4.sub(u, magic), i32x4.splat(127)), i32x4.splat(0)), 23);
  return f32x4.add(f32x4.mul(power, small), f32x4.sub(power, entry<f32>(F32, 10)));
}

function expm1_64(x: v128): v128 {
  const clamped = f64x2.pmax(x, entry<f64>(F64, 0));
  const magic = entry<f64>(F64, 1);
  const u = madd<f64>(clamped, entry<f64>(F64, 2), magic);
  const n = f64x2.sub(u, magic);
  const r = nmadd<f64>(n, entry<f64>(F64, 4), nmadd<f64>(n, entry<f64>(F64, 3), clamped));
  const power = power64(i64x2.sub(u, magic));
  return f64x2.add(f64x2.mul(power, exp64Minus1(r)), f64x2.sub(power, entry<f64>(F64, 5)));
}

/** tanh(x) = −e / (e + 2) with e = exp(−2|x|) − 1, and the sign of x. */
// @ts-ignore: decorator
@inline
export function tanh<T>(x: v128): v128 {
  const sign = v128.splat<T>(-0);
  const size = v128.andnot(x, sign);
  const e = expm1<T>(v128.mul<T>(size, v128.splat<T>(-2)));
  return v128.or(v128.div<T>(v128.neg<T>(e), v128.add<T>(e, v128.splat<T>(2))), v128.and(x, sign));
}
