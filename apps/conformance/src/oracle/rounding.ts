import type { DType } from "@surprisal/core";

interface Format {
  /** Bits after the leading one. */
  readonly mantissa: number;
  /** Exponents of the smallest normal number and of the largest. */
  readonly smallest: number;
  readonly largest: number;
}

// IEEE 754 binary64, binary32 and binary16; bfloat16 is binary32 with 16 fewer bits.
const FORMATS: Readonly<Partial<Record<DType, Format>>> = {
  f64: { mantissa: 52, smallest: -1022, largest: 1023 },
  f32: { mantissa: 23, smallest: -126, largest: 127 },
  f16: { mantissa: 10, smallest: -14, largest: 15 },
  bf16: { mantissa: 7, smallest: -126, largest: 127 },
};

/** The distance of neighbouring numbers of a dtype at `value`; 1 for integers. */
export function ulp(dtype: DType, value: number): number {
  const format = FORMATS[dtype];
  if (format === undefined) return 1;
  return 2 ** (Math.max(exponentOf(value), format.smallest) - format.mantissa);
}

/** The number of a dtype nearest to `value`, ties to even, ±∞ beyond its range. Integers are left as they are. */
export function roundTo(dtype: DType, value: number): number {
  const format = FORMATS[dtype];
  if (format === undefined || dtype === "f64" || !Number.isFinite(value) || value === 0) return value;
  if (dtype === "f32") return Math.fround(value);
  const unit = ulp(dtype, value);
  const scaled = value / unit; // exact: unit is a power of two
  const floor = Math.floor(scaled);
  const part = scaled - floor;
  const units = part > 0.5 || (part === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  const rounded = units * unit;
  return Math.abs(rounded) >= 2 ** (format.largest + 1) ? Math.sign(rounded) * Infinity : rounded;
}

/** ⌊log2 |value|⌋ of a finite number, −∞ for 0. */
function exponentOf(value: number): number {
  const size = Math.abs(value);
  if (size === 0) return -Infinity;
  const guess = Math.floor(Math.log2(size)); // may be one too high just below a power of two
  return 2 ** guess > size ? guess - 1 : guess;
}
