import type { DType } from "@surprisal/core";
import { type Input, isFloat, type Problem } from "../problem.ts";

// The golden vectors of ../../vectors, as tools/make-vectors/README.md describes them: what PyTorch answers, and ONNX's own
// node tests.

/** A tensor as the vectors write it: non-finite values and negative zero as words. */
export interface VectorTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

/** Named outputs of one run. */
export type VectorOutputs = Readonly<Record<string, VectorTensor>>;

/** One case: an operation, its inputs and options, and what PyTorch answers. */
export interface VectorCase {
  readonly name: string;
  readonly op: string;
  readonly inputs: Readonly<Record<string, VectorTensor>>;
  readonly options: Readonly<Record<string, unknown>>;
  /** By the dtype of the run. */
  readonly outputs?: Readonly<Partial<Record<DType, VectorOutputs>>>;
  /** PyTorch refuses this case. */
  readonly error?: true;
  readonly message?: string;
  /** Inputs are to be taken in the dtypes written. */
  readonly literal?: true;
  /** Why PyTorch's answer is an artefact from which the default policy departs. */
  readonly corner?: string;
}

/** The numbers of a vector tensor, exact in its dtype. */
export function numbersOf({ data, dtype }: VectorTensor): Float64Array {
  const round = dtype === "f32" || dtype === "bf16" ? Math.fround : (x: number): number => x;
  return Float64Array.from(data, (value) => round(Number(value)));
}

/** The call that a vector stands for, floats in the dtype of the run (as written, if none is given). */
export function vectorProblem(vector: VectorCase, run: DType | undefined, strict: boolean): Problem {
  const inputs = Object.entries(vector.inputs).map(([name, input]) => [name, inputAs(input, run)]);
  const options = Object.entries(vector.options).map(([name, value]) => [name, numeric(value)] as const);
  return {
    operation: vector.op,
    inputs: Object.fromEntries(inputs) as Record<string, Input>,
    options: { ...Object.fromEntries(options), ...(strict && { compat: "torch" }) },
  };
}

/** All runs have the same numbers, whatever dtype they are held in. */
export function inputAs(input: VectorTensor, run?: DType): Input {
  const converted = isFloat(input.dtype) && run !== undefined && isFloat(run);
  return { dtype: converted ? run : input.dtype, shape: input.shape, values: numbersOf(input) };
}

/** Options write NaN and infinities as words. */
function numeric(value: unknown): unknown {
  return value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : value;
}
