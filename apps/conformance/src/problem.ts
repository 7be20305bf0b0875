import type { DType } from "@surprisal/core";

/** How an input lies in memory: dense, as a permuted view, as a slice of something larger, or behind other elements. */
export type Layout = "dense" | "permuted" | "sliced" | "offset";

/** A tensor as plain numbers, each of them exact in its dtype. */
export interface Input {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly values: Float64Array;
  readonly layout?: Layout;
}

/** One call of the library: an operation by its public name, its tensors by name, and its other options. */
export interface Problem {
  readonly operation: string;
  /** All tensors, options such as `weight` and `upstream` among them. */
  readonly inputs: Readonly<Record<string, Input>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Number of elements. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}

/** Whether a dtype is floating. */
export function isFloat(dtype: DType): boolean {
  return dtype === "f32" || dtype === "f64" || dtype === "f16" || dtype === "bf16";
}

/** An input that the problem must have. */
export function inputOf({ operation, inputs }: Problem, name: string): Input {
  const input = inputs[name];
  if (input === undefined) throw new Error(`${operation}: the problem has no input "${name}"`);
  return input;
}

/** A shape split at one dim: element (o, c, i) is number `(o · classes + c) · inner + i`. */
export interface Split {
  readonly outer: number;
  readonly classes: number;
  readonly inner: number;
}

/** Splits a shape at `dim`; a scalar has one class. */
export function splitAt(shape: readonly number[], dim: number): Split {
  const at = dim < 0 ? dim + shape.length : dim;
  return { outer: sizeOf(shape.slice(0, at)), classes: shape[at] ?? 1, inner: sizeOf(shape.slice(at + 1)) };
}
