import { type DType, type Tensor, tensor } from "@surprisal/core";
import type { Elements } from "../readers/array-reader.ts";

/** Elements as numbers, halves and 64-bit integers too. */
export async function numbersOf(elements: Elements, dtype: DType): Promise<Float64Array> {
  if (elements instanceof Float64Array) return elements;
  using values = tensor(elements, [elements.length], { dtype });
  return await valuesOf(values);
}

/** The values of a tensor as numbers. */
export async function valuesOf(values: Tensor): Promise<Float64Array> {
  const data = await values.data();
  return data instanceof BigInt64Array ? Float64Array.from(data, Number) : new Float64Array(data);
}
