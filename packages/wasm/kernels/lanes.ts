// A vector (v128) holds four f32 or two f64. Kernels are written once for both, as functions of the element type T.

/** Numbers of T in a vector. */
// @ts-ignore: decorator
@inline
export function lanes<T>(): i32 {
  return 16 / sizeof<T>();
}

/** a·b + c; rounded once in the relaxed build where the machine can, twice in the other. */
// @ts-ignore: decorator
@inline
export function madd<T>(a: v128, b: v128, c: v128): v128 {
  return RELAXED ? v128.relaxed_madd<T>(a, b, c) : v128.add<T>(v128.mul<T>(a, b), c);
}

/** c − a·b, rounded as `madd`. */
// @ts-ignore: decorator
@inline
export function nmadd<T>(a: v128, b: v128, c: v128): v128 {
  return RELAXED ? v128.relaxed_nmadd<T>(a, b, c) : v128.sub<T>(c, v128.mul<T>(a, b));
}

/**
 * Number i of a table, in every lane. Engines build a constant vector anew at each use, in three instructions; a load from a
 * fixed address is one, and loads are not what kernels wait for.
 */
// @ts-ignore: decorator
@inline
export function entry<T>(table: usize, i: usize): v128 {
  return v128.load_splat<T>(table + i * sizeof<T>());
}

const ONE_F32: usize = memory.data<f32>([1], 16);
const ONE_F64: usize = memory.data<f64>([1], 16);

/** 1 in every lane, from memory as `entry` says. */
// @ts-ignore: decorator
@inline
export function ones<T>(): v128 {
  return v128.load_splat<T>(sizeof<T>() == 4 ? ONE_F32 : ONE_F64);
}

/** Lane by lane: a where the mask has ones, b where it has zeros. */
// @ts-ignore: decorator
@inline
export function choose(mask: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, mask);
}

/** Ones where a number is finite. */
// @ts-ignore: decorator
@inline
export function isFinite<T>(x: v128): v128 {
  const zero = v128.splat<T>(0);
  return v128.eq<T>(v128.sub<T>(x, x), zero);
}

/** The lanes' sum, in f64. */
// @ts-ignore: decorator
@inline
export function sumOf<T>(v: v128): f64 {
  if (sizeof<T>() == 8) return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
  const a = <f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1);
  return a + (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3));
}

/** The largest lane; NaN is passed over where it is not first. */
// @ts-ignore: decorator
@inline
export function maxOf<T>(v: v128): T {
  const half = v128.pmax<T>(v, v128.shuffle<f64>(v, v, 1, 1));
  if (sizeof<T>() == 8) return v128.extract_lane<T>(half, 0);
  return v128.extract_lane<T>(v128.pmax<T>(half, v128.shuffle<f32>(half, half, 1, 1, 1, 1)), 0);
}

/** Two f64 vectors of the lower and upper two f32. */
// @ts-ignore: decorator
@inline
export function lower(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

/** See `lower`. */
// @ts-ignore: decorator
@inline
export function upper(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f64>(v, v, 1, 1));
}

/** Terms that are added one by one; the sums of as many are added after. A sum of hundreds in f32 would drift otherwise. */
export const SUMMED: i32 = 32;

const MASKS: usize = memory.data<i32>([-1, -1, -1, -1, 0, 0, 0, 0], 16);

/** Ones in the first bytes of a vector, up to 16. */
// @ts-ignore: decorator
@inline
export function firstBytes(bytes: usize): v128 {
  return v128.load(MASKS + 16 - bytes);
}

/** Ones in the last bytes of a vector, up to 16. */
// @ts-ignore: decorator
@inline
export function lastBytes(bytes: usize): v128 {
  return v128.not(v128.load(MASKS + bytes));
}
