import type { DType } from "@surprisal/core";
import { sizeOf } from "../problem.ts";
import type { Approximate } from "./algebra.ts";

/** An output as it should be: the true values, and how far a backend's may be before they are rounded to the dtype. */
export interface Expected {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly values: Float64Array;
  readonly errors: Float64Array;
  /** Which dim holds the classes, so that an element can be named by row and class. */
  readonly classDim: number | undefined;
}

/** Expected outputs by name. */
export type ExpectedOutputs = Readonly<Record<string, Expected>>;

/** All zeros, exactly; to be filled. */
export function expectedZeros(dtype: DType, shape: readonly number[], classDim?: number): Expected {
  const size = sizeOf(shape);
  return { dtype, shape, values: new Float64Array(size), errors: new Float64Array(size), classDim };
}

/** Writes one element. */
export function put(to: Expected, index: number, { value, error }: Approximate): void {
  to.values[index] = value;
  to.errors[index] = error;
}

/** An output filled element by element. */
export function expectedFrom(
  dtype: DType,
  shape: readonly number[],
  element: (index: number) => Approximate,
  classDim?: number,
): Expected {
  const to = expectedZeros(dtype, shape, classDim);
  for (let i = 0; i < to.values.length; i++) put(to, i, element(i));
  return to;
}
