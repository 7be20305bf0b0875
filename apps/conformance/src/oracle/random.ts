import type { DType } from "@surprisal/core";
import type { Problem } from "../problem.ts";
import { type Algebra, exact } from "./algebra.ts";
import { expectedFrom, type ExpectedOutputs } from "./expected.ts";

// The numbers that a seed stands for, on every backend and runtime: Philox 4×32-10 (Salmon et al. 2011) on (element, stream),
// written with whole integers. What is drawn from its words is docs/decisions/0003-philox.md.

const WORD = 0xffff_ffffn;
const ROUNDS = 10;

/** Four words of 32 bits of one block. */
function philox(seed: number, stream: number, block: number, attempt: number): bigint[] {
  let [c0, c1, c2, c3] = [BigInt(block) & WORD, BigInt(block) >> 32n, BigInt(stream), BigInt(attempt)];
  let [k0, k1] = [BigInt(seed) & WORD, BigInt(seed) >> 32n];
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b] = [0xd251_1f53n * c0, 0xcd9e_8d57n * c2];
    [c0, c1, c2, c3] = [(b >> 32n) ^ c1 ^ k0, b & WORD, (a >> 32n) ^ c3 ^ k1, a & WORD];
    [k0, k1] = [(k0 + 0x9e37_79b9n) & WORD, (k1 + 0xbb67_ae85n) & WORD];
  }
  return [c0, c1, c2, c3];
}

/** Element i of a stream of 53-bit integers, two to a block. */
function bits53(seed: number, stream: number, i: number, attempt = 0): number {
  const words = philox(seed, stream, Math.floor(i / 2), attempt);
  const [high = 0n, low = 0n] = words.slice(2 * (i % 2));
  return Number(((high >> 5n) << 26n) | (low >> 6n));
}

/** 24 bits of f32, or 53 of f64, in [0, 1). */
export function rand(_algebra: Algebra, { options }: Problem): ExpectedOutputs {
  const { shape, dtype, seed } = read(options, "f32");
  const value = (i: number): number => {
    if (dtype === "f64") return bits53(seed, 0, i) * 2 ** -53;
    return Number((philox(seed, 0, Math.floor(i / 4), 0)[i % 4] ?? 0n) >> 8n) * 2 ** -24;
  };
  return { output: expectedFrom(dtype, shape, (i) => exact(value(i))) };
}

/** Integers in [low, high), without bias: a quotient beyond the range is drawn again. */
export function randint(_algebra: Algebra, { options }: Problem): ExpectedOutputs {
  const { shape, dtype, seed } = read(options, "i64");
  const [low, high] = [Number(options["low"]), Number(options["high"])];
  const share = Math.floor(2 ** 53 / (high - low));
  const value = (i: number): number => {
    for (let attempt = 0; ; attempt++) {
      // A redrawn block belongs to the element's own half.
      const offset = Math.floor(bits53(seed, 2, i, attempt) / share);
      if (offset < high - low) return low + offset;
    }
  };
  return { output: expectedFrom(dtype, shape, (i) => exact(value(i))) };
}

/** The normal quantile of the odd 53-bit numbers, to 16 digits: found by bisection on the distribution function. */
export function randn(_algebra: Algebra, { options }: Problem): ExpectedOutputs {
  const { shape, dtype, seed } = read(options, "f32");
  return {
    output: expectedFrom(dtype, shape, (i) => {
      const bits = bits53(seed, 1, i);
      const probability = (bits - (bits % 2) + 1) * 2 ** -53;
      const value = quantile(probability);
      return { value, error: quantileError(value, probability) };
    }),
  };
}

function read(
  options: Problem["options"],
  dtype: DType,
): { readonly shape: readonly number[]; readonly dtype: DType; readonly seed: number } {
  const shape = options["shape"] as readonly number[];
  return { shape, dtype: (options["dtype"] ?? dtype) as DType, seed: Number(options["seed"] ?? 0) };
}

/** P(Z > x) for x ≥ 0, from the series near 0 and the continued fraction beyond (Abramowitz & Stegun 26.2.10, 26.2.14). */
function upperTail(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x > 3) {
    let fraction = 0;
    for (let k = 200; k >= 1; k--) fraction = k / (x + fraction);
    return density / (x + fraction);
  }
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > sum * 2 ** -54 && k < 400; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 - density * sum;
}

function quantile(probability: number): number {
  const tail = Math.min(probability, 1 - probability);
  let [low, high] = [0, 9];
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (upperTail(middle) > tail) low = middle;
    else high = middle;
  }
  return probability < 0.5 ? -low : low;
}

/** The distribution function is known to some 2⁻⁵¹; the published approximation of its inverse to 10⁻¹⁶, relatively (AS 241). */
function quantileError(value: number, probability: number): number {
  const density = Math.exp((-value * value) / 2) / Math.sqrt(2 * Math.PI);
  const tail = Math.min(probability, 1 - probability);
  const relative = 2 ** -50;
  return (relative * Math.max(tail, Math.abs(value) > 3 ? 0 : 0.5)) / density + relative * Math.abs(value);
}
