import type { DType } from "@surprisal/core";
import type { Elements } from "../readers/array-reader.ts";
import { FormatError } from "../readers/format-error.ts";
import type { InputBlock } from "./blocks.ts";
import { numbersOf } from "./numbers.ts";

/** Sums of a row of f16 or of rounded decimals are off by less; what is off by more is not a distribution. */
const SUM_TOLERANCE = 0.01;

/**
 * Logarithms of probabilities, which are logits whose softmax gives the probabilities back, divided by their sum.
 * @throws FormatError for the first row that is not a distribution
 */
export async function logProbabilities(
  { logits, shape, firstRow }: InputBlock,
  dtype: DType,
  name: string,
): Promise<{ readonly logits: Elements; readonly dtype: "f32" | "f64" }> {
  const probabilities = await numbersOf(logits, dtype);
  const [outer, classes, inner] = shape;
  for (let row = 0; row < outer * inner; row++) {
    const start = Math.floor(row / inner) * classes * inner + (row % inner);
    let sum = 0;
    let least = Infinity;
    for (let c = 0; c < classes; c++) {
      const p = probabilities[start + c * inner] as number;
      sum += p;
      if (!(p >= least)) least = p;
    }
    if (least >= 0 && Math.abs(sum - 1) <= SUM_TOLERANCE) continue;
    const required = `probabilities that sum to 1 (±${SUM_TOLERANCE}) required (--from-probabilities)`;
    const came = least >= 0 ? `a sum of ${sum}` : `a smallest one of ${least}`;
    throw new FormatError(name, `row ${firstRow + row} (from 0): ${required}; got ${came}`);
  }
  if (dtype === "f64") return { logits: probabilities.map(Math.log), dtype };
  return { logits: Float32Array.from(probabilities, Math.log), dtype: "f32" };
}
