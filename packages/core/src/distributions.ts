// Element i of every fill is a function of (seed, i) alone: a longer array starts with the same numbers, and an element
// can be drawn by itself. Counter words: 0-1 block index, 2 stream, 3 attempt; key words: the seed. Only + - * / %,
// floor and sqrt touch a number, all exactly rounded by IEEE 754, so every JavaScript engine gives the same bits.
import { philox } from "./philox.ts";

// One stream per distribution: the same seed gives unrelated uniforms, normals and integers.
const UNIFORM_STREAM = 0;
const NORMAL_STREAM = 1;
const INTEGER_STREAM = 2;

/** Draws block `block`, four words, of the stream that `blockReader` was made for. */
type ReadBlock = (block: number, attempt: number, words: Uint32Array) => void;

function blockReader(seed: number, stream: number): ReadBlock {
  const input = Uint32Array.of(0, 0, stream, 0, seed % 2 ** 32, Math.floor(seed / 2 ** 32));
  return (block, attempt, words) => {
    input[0] = block % 2 ** 32;
    input[1] = Math.floor(block / 2 ** 32);
    input[3] = attempt;
    philox(input, words, 0);
  };
}

/** The high 53 of 64 bits, less the 11 that a double cannot hold: an integer in [0, 2^53). */
function bits53(words: Uint32Array, at: number): number {
  return ((words[at] ?? 0) >>> 5) * 2 ** 26 + ((words[at + 1] ?? 0) >>> 6);
}

/** Fills `out` from 53-bit integers, two to a block. */
function fillFrom53Bits(seed: number, stream: number, out: Float32Array | Float64Array, map: (bits: number) => number) {
  const read = blockReader(seed, stream);
  const words = new Uint32Array(4);
  for (let i = 0; i < out.length; i += 2) {
    read(i / 2, 0, words);
    out[i] = map(bits53(words, 0));
    if (i + 1 < out.length) out[i + 1] = map(bits53(words, 2));
  }
}

/**
 * Fills `out` with uniform numbers in [0, 1): multiples of 2^-24 in a `Float32Array`, of 2^-53 in a `Float64Array`, the
 * finest grids on which every step is exact, so that 1 is never reached by rounding.
 *
 * @param seed non-negative safe integer
 * @example
 * const values = new Float32Array(4);
 * fillUniform(0, values);
 */
export function fillUniform(seed: number, out: Float32Array | Float64Array): void {
  if (out instanceof Float64Array) return fillFrom53Bits(seed, UNIFORM_STREAM, out, (bits) => bits * 2 ** -53);
  const read = blockReader(seed, UNIFORM_STREAM);
  const words = new Uint32Array(4);
  for (let i = 0; i < out.length; i++) {
    if (i % 4 === 0) read(i / 4, 0, words);
    out[i] = ((words[i % 4] ?? 0) >>> 8) * 2 ** -24;
  }
}

/**
 * Fills `out` with standard normal numbers, the normal quantile of a uniform. The uniform is an odd multiple of 2^-53:
 * strictly inside (0, 1), symmetric about 1/2, and bounding the numbers by 8.21. A `Float32Array` gets the numbers of a
 * `Float64Array`, rounded.
 *
 * @param seed non-negative safe integer
 * @example
 * const values = new Float64Array(4);
 * fillNormal(0, values);
 */
export function fillNormal(seed: number, out: Float32Array | Float64Array): void {
  const toNormal = (bits: number) => normalQuantile((bits - (bits % 2) + 1) * 2 ** -53);
  fillFrom53Bits(seed, NORMAL_STREAM, out, toNormal);
}

/**
 * Fills `out` with uniform integers in [low, high). Unbiased: of 2^53 equally likely draws, each integer owns
 * floor(2^53 / (high - low)); a draw in the remainder is rejected and redrawn from the element's next attempt, which
 * leaves the other elements as they are. A small range all but never rejects; the worst rejects half its draws.
 *
 * @param seed non-negative safe integer
 * @param low safe integer, the least result
 * @param high safe integer, above every result; `high - low` is in [1, 2^53]
 * @example
 * const values = new Float64Array(4);
 * fillIntegers(0, 1, 7, values); // four dice
 */
export function fillIntegers(seed: number, low: number, high: number, out: Float64Array): void {
  const range = high - low;
  const share = Math.floor(2 ** 53 / range);
  const read = blockReader(seed, INTEGER_STREAM);
  const words = new Uint32Array(4);
  const redrawn = new Uint32Array(4);
  for (let i = 0; i < out.length; i++) {
    const half = i % 2;
    const block = (i - half) / 2;
    if (half === 0) read(block, 0, words);
    // floor of the rounded quotient is exact: a quotient of integers up to 2^53 cannot round up to the next integer
    let offset = Math.floor(bits53(words, half * 2) / share);
    for (let attempt = 1; offset >= range; attempt++) {
      read(block, attempt, redrawn);
      offset = Math.floor(bits53(redrawn, half * 2) / share);
    }
    out[i] = low + offset;
  }
}

const FLOAT_BITS = new DataView(new ArrayBuffer(8));
// log 2 in two parts: the high one has 33 significant bits, so exponent * LN2_HIGH is exact
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/**
 * Natural logarithm of a positive normal number, within 1 ulp and the same in every engine (`Math.log` is not).
 *
 * x = 2^k (1 + f) with 1 + f in [sqrt 1/2, sqrt 2], s = f / (2 + f), log(1 + f) = 2 artanh(s) = f - s (f - tail) where
 * tail = 2/3 s^2 + 2/5 s^4 + ... [reduction and order of summation of fdlibm's e_log.c]. Here the series is Taylor's;
 * s^2 < 0.0295 puts the terms left out below 2^-60 of the result.
 */
export function logarithm(x: number): number {
  FLOAT_BITS.setFloat64(0, x);
  const high = FLOAT_BITS.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  FLOAT_BITS.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let mantissa = FLOAT_BITS.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  let tail = 0;
  for (let odd = 21; odd >= 3; odd -= 2) tail = z * (tail + 2 / odd);
  const halfSquare = 0.5 * f * f;
  return exponent * LN2_HIGH - (halfSquare - (s * (halfSquare + tail) + exponent * LN2_LOW) - f);
}

/** Coefficients by rising power. */
type Degree7 = readonly [number, number, number, number, number, number, number, number];

// Coefficients a to f of AS 241, PPND16, rounded to doubles.
const CENTRE_TOP: Degree7 = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
  33430.57558358813, 2509.0809287301227,
];
const CENTRE_BOTTOM: Degree7 = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943,
  5226.495278852854,
];
const SHOULDER_TOP: Degree7 = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
  0.022723844989269184, 0.0007745450142783414,
];
const SHOULDER_BOTTOM: Degree7 = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
];
const TAIL_TOP: Degree7 = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
  0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
];
const TAIL_BOTTOM: Degree7 = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
  1.421511758316446e-7, 2.0442631033899397e-15,
];

function polynomial(c: Degree7, r: number): number {
  return ((((((c[7] * r + c[6]) * r + c[5]) * r + c[4]) * r + c[3]) * r + c[2]) * r + c[1]) * r + c[0];
}

/**
 * The number below which a standard normal falls with the given probability, to about 1 part in 10^16.
 * Source: Wichura 1988, "Algorithm AS 241: The Percentage Points of the Normal Distribution", PPND16.
 *
 * @param probability strictly between 0 and 1
 * @example
 * normalQuantile(0.975); // 1.959963984540054
 */
export function normalQuantile(probability: number): number {
  const q = probability - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTRE_TOP, r)) / polynomial(CENTRE_BOTTOM, r);
  }
  const r = Math.sqrt(-logarithm(q < 0 ? probability : 1 - probability));
  const magnitude =
    r <= 5
      ? polynomial(SHOULDER_TOP, r - 1.6) / polynomial(SHOULDER_BOTTOM, r - 1.6)
      : polynomial(TAIL_TOP, r - 5) / polynomial(TAIL_BOTTOM, r - 5);
  return q < 0 ? -magnitude : magnitude;
}
