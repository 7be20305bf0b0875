import type { NonFinite } from "./exact-sums.ts";

const UNIT_EXPONENT = -1074;
/** Room for 2^64 times the largest double. */
const MAX_DIGITS = 540;

/** An exact sum as text: an odd number in hexadecimal times a power of two, and the terms that were no numbers. */
export function exactText(units: bigint, { nan, positive, negative }: NonFinite): string {
  const counts = nan + positive + negative === 0 ? "" : `;${nan};${positive};${negative}`;
  if (units === 0n) return `0p0${counts}`;
  const size = units < 0n ? -units : units;
  const digits = size.toString(16);
  const zeroBits = trailingZeros(digits);
  const odd = (size >> BigInt(zeroBits)).toString(16);
  return `${units < 0n ? "-" : ""}${odd}p${zeroBits + UNIT_EXPONENT}${counts}`;
}

/** Reads what `exactText` wrote, and nothing else: undefined for any other text. */
export function parseExactText(text: string): { readonly units: bigint; readonly nonFinite: NonFinite } | undefined {
  if (text.length > MAX_DIGITS + 80) return undefined;
  const match = /^(-?)([0-9a-f]+)p(-?\d{1,4})(?:;(\d{1,16});(\d{1,16});(\d{1,16}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = "", digits = "", exponent = "", ...counts] = match;
  const shift = Number(exponent) - UNIT_EXPONENT;
  if (shift < 0 || digits.length * 4 + shift > MAX_DIGITS * 4) return undefined;
  const size = BigInt(`0x${digits}`) << BigInt(shift);
  const [nan = 0, positive = 0, negative = 0] = counts.map((each) => Number(each ?? 0));
  const read = { units: sign === "-" ? -size : size, nonFinite: { nan, positive, negative } };
  return exactText(read.units, read.nonFinite) === text ? read : undefined;
}

function trailingZeros(hexadecimal: string): number {
  const zeros = /0*$/.exec(hexadecimal)?.[0].length ?? 0;
  const last = Number.parseInt(hexadecimal.charAt(hexadecimal.length - zeros - 1), 16);
  return zeros * 4 + (31 - Math.clz32(last & -last));
}
