// f16 and bf16 as bits: one decoder table each, one encoder for both (round to nearest, ties to even, straight from f64).

interface HalfFormat {
  readonly mantissaBits: number;
  readonly bias: number;
}

/** The two half-width formats. */
export type HalfDType = "f16" | "bf16";

const FORMATS: Readonly<Record<HalfDType, HalfFormat>> = {
  f16: { mantissaBits: 10, bias: 15 },
  bf16: { mantissaBits: 7, bias: 127 },
};

const ROUND_TO_INTEGER = 1.5 * 2 ** 52; // adding it leaves no fraction bits: round to nearest even for |x| < 2^51
const SIGN = 0x8000;

const tables: Partial<Record<HalfDType, Float32Array>> = {};

/** The value of each of the 65,536 bit patterns, made at first use (256 KiB). */
export function halfTable(dtype: HalfDType): Float32Array {
  return (tables[dtype] ??= makeTable(FORMATS[dtype]));
}

function makeTable({ mantissaBits, bias }: HalfFormat): Float32Array {
  const table = new Float32Array(1 << 16);
  const exponentMask = (1 << (15 - mantissaBits)) - 1;
  const hidden = 1 << mantissaBits;
  for (let bits = 0; bits < SIGN; bits++) {
    const exponent = bits >> mantissaBits;
    const mantissa = bits & (hidden - 1);
    let value: number;
    if (exponent === exponentMask) value = mantissa === 0 ? Infinity : NaN;
    else if (exponent === 0) value = mantissa * 2 ** (1 - bias - mantissaBits);
    else value = (mantissa + hidden) * 2 ** (exponent - bias - mantissaBits);
    table[bits] = value;
    table[bits | SIGN] = -value;
  }
  return table;
}

const f64 = new Float64Array(1);
const words = new Uint32Array(f64.buffer); // every platform that runs JavaScript engines today is little-endian

/** The bits of the f16 or bf16 nearest to `value`. */
export function encodeHalf(value: number, dtype: HalfDType): number {
  const { mantissaBits, bias } = FORMATS[dtype];
  const infinity = ((1 << (15 - mantissaBits)) - 1) << mantissaBits;
  if (value !== value) return infinity | (1 << (mantissaBits - 1));
  f64[0] = value;
  const high = words[1] ?? 0;
  const sign = (high >>> 16) & SIGN;
  const exponent = Math.max(((high >>> 20) & 0x7ff) - 1023, 1 - bias); // subnormals share the smallest exponent
  if (exponent > bias) return sign | infinity;
  // The quotient counts units in the last place; a carry out of the mantissa lands in the exponent by itself.
  const units = Math.abs(value) * 2 ** (mantissaBits - exponent);
  const rounded = units + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
  return sign | Math.min(rounded + ((exponent + bias - 1) << mantissaBits), infinity);
}
