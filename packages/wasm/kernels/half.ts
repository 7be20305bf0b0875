import { choose } from "./lanes";

// f16 and bf16 to f32 and back, rounded to nearest, ties to even. Four at a time, and one at a time straight from f64.

const NUMBERS: usize = memory.data<i32>(
  [
    0x7fff, // 0: all but the sign of 16 bits, and half a unit of bf16 less one
    0x0f800000, // 1: what infinity and NaN of f16 become when they are moved
    0x7f800000, // 2: infinity
    0x8000, // 3: the sign of 16 bits
    1, // 4
    0x7fc0, // 5: NaN of bf16
    0x7fffffff, // 6: all but the sign
    0xfff - (112 << 23), // 7: 112 less in the exponent, half a unit of f16 less one
    0x3f000000, // 8: 0.5
    0x38800000, // 9: 2^-14
    0x47800000, // 10: 2^16
    0x7c00, // 11: infinity of f16
    0x7e00, // 12: NaN of f16
    -2147483648, // 13: the sign
    0x77800000, // 14: 2^112
  ],
  16,
);

// @ts-ignore: decorator
@inline
function constant(i: usize): v128 {
  return v128.load32_splat(NUMBERS + 4 * i);
}

/** Four bf16 (in the low halves of 32-bit lanes) as f32. */
// @ts-ignore: decorator
@inline
export function widenBf16(bits: v128): v128 {
  return i32x4.shl(bits, 16);
}

/** Four f16 (in the low halves of 32-bit lanes) as f32: the exponent moves by way of a product, which subnormals need anyway. */
// @ts-ignore: decorator
@inline
export function widenF16(bits: v128): v128 {
  const size = i32x4.shl(v128.and(bits, constant(0)), 13);
  const value = f32x4.mul(size, constant(14));
  const special = v128.and(i32x4.ge_s(size, constant(1)), constant(2)); // infinities and NaN
  return v128.or(v128.or(value, special), i32x4.shl(v128.and(bits, constant(3)), 16));
}

/** Four f32 as bf16, in the low halves of 32-bit lanes. */
// @ts-ignore: decorator
@inline
export function narrowBf16(x: v128): v128 {
  const odd = v128.and(i32x4.shr_u(x, 16), constant(4));
  const rounded = i32x4.shr_u(i32x4.add(x, i32x4.add(odd, constant(0))), 16);
  return choose(f32x4.eq(x, x), rounded, constant(5));
}

/** Four f32 as f16, in the low halves of 32-bit lanes. */
// @ts-ignore: decorator
@inline
export function narrowF16(x: v128): v128 {
  const size = v128.and(x, constant(6));
  const odd = v128.and(i32x4.shr_u(size, 13), constant(4));
  // 112 less in the exponent, and half a unit to round; a carry out of the mantissa lands in the exponent by itself.
  const normal = i32x4.shr_u(i32x4.add(size, i32x4.add(odd, constant(7))), 13);
  // Adding 0.5 leaves units of 2^-24, those of a subnormal f16, in the low bits.
  const subnormal = i32x4.sub(f32x4.add(size, constant(8)), constant(8));
  const finite = choose(i32x4.lt_s(size, constant(9)), subnormal, normal);
  const infinite = choose(i32x4.ge_s(size, constant(10)), constant(11), finite);
  const special = choose(f32x4.eq(x, x), infinite, constant(12));
  return v128.or(special, i32x4.shr_u(v128.and(x, v128.andnot(constant(13), f32x4.ne(x, x))), 16));
}

/** One f16 as f64. */
export function decodeF16(bits: u32): f64 {
  return <f64>f32x4.extract_lane(widenF16(i32x4.splat(bits)), 0);
}

/** One bf16 as f64. */
export function decodeBf16(bits: u32): f64 {
  return <f64>reinterpret<f32>(bits << 16);
}

/** The bits of the f16 (mantissa 10, bias 15) or bf16 (7, 127) nearest to a number, rounded once. */
export function encodeHalf(value: f64, mantissa: i32, bias: i32): u32 {
  const infinity: u32 = ((1 << (15 - mantissa)) - 1) << mantissa;
  if (value != value) return infinity | (1 << (mantissa - 1));
  const bits = reinterpret<u64>(value);
  const sign = <u32>(bits >> 48) & 0x8000;
  const exponent = max<i32>((<i32>(bits >> 52) & 0x7ff) - 1023, 1 - bias); // subnormals share the smallest exponent
  if (exponent > bias) return sign | infinity;
  // Units in the last place; a carry out of the mantissa lands in the exponent by itself.
  const scale = reinterpret<f64>(<u64>(1023 + mantissa - exponent) << 52);
  const units = <u32>nearest(abs(value) * scale);
  return sign | min<u32>(units + ((exponent + bias - 1) << mantissa), infinity);
}
