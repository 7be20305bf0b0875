// Numbers as integers in units of 2⁻¹⁰⁷⁴, the smallest double: every finite double is one, and so is every sum of them.

/** log₂ of the unit. */
const UNIT_EXPONENT = -1074;
/** 1 as an integer. */
export const UNITS_PER_ONE: bigint = 1n << BigInt(-UNIT_EXPONENT);
const SIGNIFICANT_BITS = 53;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer); // little-endian, as every processor that runs Node

/** A finite double as an integer, exactly. */
export function toFixedPoint(value: number): bigint {
  double[0] = value;
  const low = words[0] as number;
  const high = words[1] as number;
  const exponent = (high >>> 20) & 0x7ff;
  const fraction = (high & 0xfffff) * 2 ** 32 + low;
  const size =
    exponent === 0 ? BigInt(fraction) : BigInt(fraction + 2 ** (SIGNIFICANT_BITS - 1)) << BigInt(exponent - 1);
  return high >>> 31 === 1 ? -size : size;
}

/** The nearest double, ties to even; ±Infinity beyond the largest. */
export function fromFixedPoint(value: bigint): number {
  return nearestRatio(value, UNITS_PER_ONE);
}

/** `numerator / denominator` as the nearest double, ties to even, rounded once; as doubles divide by 0; never −0. */
export function nearestRatio(numerator: bigint, denominator: bigint): number {
  if (denominator === 0n) return Number(numerator) / 0;
  const size = nearestSize(absolute(numerator), absolute(denominator));
  return size === 0 || numerator < 0n === denominator < 0n ? size : -size;
}

function nearestSize(numerator: bigint, denominator: bigint): number {
  if (numerator === 0n) return 0;
  // A quotient in units of 2^−shift with two or three bits too many; the last remembers whether anything is left over.
  const shift = SIGNIFICANT_BITS + 2 + bitLength(denominator) - bitLength(numerator);
  const [dividend, divisor] =
    shift >= 0 ? [numerator << BigInt(shift), denominator] : [numerator, denominator << BigInt(-shift)];
  const quotient = dividend / divisor;
  const sticky = quotient * divisor === dividend ? 0n : 1n;
  const dropped = Math.max(bitLength(quotient) - SIGNIFICANT_BITS, shift + UNIT_EXPONENT);
  return Number(roundedShift((quotient << 1n) | sticky, dropped + 1)) * 2 ** (dropped - shift);
}

/** `value / 2^bits`, to the nearest integer, ties to even. */
function roundedShift(value: bigint, bits: number): bigint {
  const floor = value >> BigInt(bits);
  const rest = value - (floor << BigInt(bits));
  const half = 1n << BigInt(bits - 1);
  return rest > half || (rest === half && (floor & 1n) === 1n) ? floor + 1n : floor;
}

function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return digits.length * 4 - (Math.clz32(Number.parseInt(digits.charAt(0), 16)) - 28);
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}
