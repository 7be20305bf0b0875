/** 10^0 … 10^22: the powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const LARGEST_EXACT_DIGITS = 15;

const ZERO = 48;
const NINE = 57;
const DOT = 46;
const PLUS = 43;
const MINUS = 45;
const UPPER_E = 69;
const LOWER_E = 101;

/** What is no number gives this; NaN is a number here. */
export const NOT_A_NUMBER = undefined;

/**
 * The number that bytes `start … end − 1` spell, correctly rounded: decimal, or `nan`, `inf`, `infinity` in any case.
 *
 * Up to 15 digits and a power of ten up to 22 are exact in doubles, so that one product or quotient of the two rounds once,
 * as it should [Clinger 1990, "How to read floating point numbers accurately"]; whatever else is left to `Number`.
 */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  let mantissa = 0;
  let digits = 0;
  let scale = 0;
  let seen = 0;
  let afterDot = false;
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte >= ZERO && byte <= NINE) {
      seen++;
      mantissa = mantissa * 10 + (byte - ZERO);
      if (mantissa !== 0) digits++;
      if (afterDot) scale--;
    } else if (byte === DOT && !afterDot) afterDot = true;
    else break;
  }
  if (seen === 0) return wordOf(bytes, start, end);
  if (at < end) {
    const byte = bytes[at];
    if (byte !== LOWER_E && byte !== UPPER_E) return NOT_A_NUMBER;
    const exponent = exponentOf(bytes, at + 1, end);
    if (exponent === undefined) return NOT_A_NUMBER;
    scale += exponent;
  }
  if (digits > LARGEST_EXACT_DIGITS || scale > 22 || scale < -22) return Number(textOf(bytes, start, end));
  const size = scale < 0 ? mantissa / (POWERS[-scale] as number) : mantissa * (POWERS[scale] as number);
  return negative ? -size : size;
}

function exponentOf(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  if (at >= end) return undefined;
  let exponent = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    exponent = Math.min(exponent * 10 + digit, 100_000);
  }
  return negative ? -exponent : exponent;
}

const WORDS: Readonly<Record<string, number>> = {
  nan: NaN,
  inf: Infinity,
  infinity: Infinity,
  "+inf": Infinity,
  "+infinity": Infinity,
  "-inf": -Infinity,
  "-infinity": -Infinity,
};

function wordOf(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start > 9) return NOT_A_NUMBER;
  const word = textOf(bytes, start, end).toLowerCase();
  return Object.hasOwn(WORDS, word) ? WORDS[word] : NOT_A_NUMBER;
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}
