import type { Backend, HostBackend } from "./backend.ts";
import { type CreateOptions, tensor } from "./create.ts";
import { fillIntegers, fillNormal, fillUniform } from "./distributions.ts";
import { type DType, type FloatDType, isFloat } from "./dtype.ts";
import { DTypeError, OptionError } from "./errors.ts";
import { checkOptions, safeInteger } from "./options.ts";
import { checkShape, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Where, as what and from which seed random numbers are made. */
export interface RandomOptions<D extends DType = DType, B extends Backend = Backend> extends CreateOptions<D, B> {
  /** Integer ≥ 0; default 0. The same seed gives the same numbers on every backend and runtime. */
  readonly seed?: number;
}

/**
 * Uniform numbers in [0, 1): f32 with 24 random bits (f64: 53), by Philox 4×32-10.
 * @throws ShapeError `shape`; OptionError `option-value`; DTypeError `dtype`
 * @example
 * ```ts
 * import { rand } from "@surprisal/core";
 * const logits = rand([1, 4, 8, 8], { seed: 7 });
 * ```
 */
export function rand<D extends FloatDType = "f32", B extends Backend = HostBackend>(
  shape: readonly number[],
  options: RandomOptions<D, B> = {},
): Tensor<D, B> {
  return floats("rand", shape, options, fillUniform);
}

/**
 * Standard normal numbers, by the inverse distribution function (Wichura's AS 241) of uniform ones.
 * @throws ShapeError `shape`; OptionError `option-value`; DTypeError `dtype`
 * @example
 * ```ts
 * import { randn } from "@surprisal/core";
 * const hidden = randn([8, 16], { seed: 1 });
 * ```
 */
export function randn<D extends FloatDType = "f32", B extends Backend = HostBackend>(
  shape: readonly number[],
  options: RandomOptions<D, B> = {},
): Tensor<D, B> {
  return floats("randn", shape, options, fillNormal);
}

/**
 * Uniform integers in [low, high). Default dtype i64.
 * @throws ShapeError `shape`; OptionError `option-value`, `argument`
 * @example
 * ```ts
 * import { randint } from "@surprisal/core";
 * const target = randint(0, 4, [1, 8, 8], { seed: 7 });
 * ```
 */
export function randint<D extends DType = "i64", B extends Backend = HostBackend>(
  low: number,
  high: number,
  shape: readonly number[],
  options: RandomOptions<D, B> = {},
): Tensor<D, B> {
  const { seed, create } = split("randint", shape, options);
  safeInteger("randint", "low", low);
  if (safeInteger("randint", "high", high) <= low) {
    throw new OptionError("argument", `randint: low < high required; got ${low} and ${high}`, { low, high });
  }
  const values = new Float64Array(sizeOf(shape));
  fillIntegers(seed, low, high, values);
  return tensor(values, shape, { ...create, dtype: options.dtype ?? ("i64" as D) });
}

function floats<D extends FloatDType, B extends Backend>(
  where: string,
  shape: readonly number[],
  options: RandomOptions<D, B>,
  fill: (seed: number, out: Float32Array | Float64Array) => void,
): Tensor<D, B> {
  const { seed, create } = split(where, shape, options);
  const dtype: FloatDType = options.dtype ?? "f32";
  if (!isFloat(dtype))
    throw new DTypeError("dtype", `${where}: dtype must be f32, f64, f16 or bf16; got ${String(dtype)}`);
  // Normal numbers are rounded once, from f64; uniform ones have 24 bits, and 53 in f64.
  const wide = dtype === "f64" || fill === fillNormal;
  const values = wide ? new Float64Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  fill(seed, values);
  return tensor(values, shape, { ...create, dtype: dtype as D });
}

function split<D extends DType, B extends Backend>(
  where: string,
  shape: readonly number[],
  options: RandomOptions<D, B>,
): { seed: number; create: CreateOptions<D, B> } {
  checkOptions(where, options, ["dtype", "backend", "seed"]);
  checkShape(shape, where);
  const { seed = 0, ...create } = options;
  return { seed: safeInteger(where, "seed", seed, 0), create };
}
