import { type DType, tensor } from "@surprisal/core";
import type { Elements } from "../readers/array-reader.ts";

/** Elements as numbers, halves and 64-bit integers too. */
export async function numbersOf(elements: Elements, dtype: DType): Promise<Float64Array> {
  if (elements instanceof Float64Array) return elements;
  using values = tensor(elements, [elements.length], { dtype });
  const data = await values.data();
  return data instanceof BigInt64Array ? Float64Array.from(data, Number) : new Float64Array(data);
}
