import { type DType, type Tensor, tensor } from "@surprisal/core";

// The golden vectors of ../vectors, as tools/make-vectors/README.md describes them.

/** A tensor as the vectors write it: non-finite values and negative zero as words. */
export interface VectorTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

/** The dtypes in which a case was run. */
export type Run = "f32" | "f64" | "bf16" | "i64";
/** Named outputs of one run. */
export type VectorOutputs = Readonly<Record<string, VectorTensor>>;

/** One case: an operation, its inputs and options, and what PyTorch answers. */
export interface VectorCase {
  readonly name: string;
  readonly op: string;
  readonly inputs: Readonly<Record<string, VectorTensor>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Partial<Record<Run, VectorOutputs>>>;
  /** PyTorch refuses this case. */
  readonly error?: true;
  readonly message?: string;
  /** Inputs are to be taken in the dtypes written. */
  readonly literal?: true;
  /** Why PyTorch's answer is an artefact from which the default policy departs. */
  readonly corner?: string;
}

/** The numbers of a vector tensor. */
export function numbersOf({ data, dtype }: VectorTensor): number[] {
  const round = dtype === "f32" || dtype === "bf16" ? Math.fround : (x: number): number => x;
  return data.map((value) => round(Number(value)));
}

/** An input as a tensor: floats in the dtype of the run, rounded through f32 as in every run. */
export function inputTensor(input: VectorTensor, run: Run | undefined): Tensor {
  const isFloat = ["f32", "f64", "bf16", "f16"].includes(input.dtype);
  const dtype = isFloat && run !== undefined && run !== "i64" ? run : input.dtype;
  const values = numbersOf(input).map((value) => (isFloat ? Math.fround(value) : value));
  return tensor(values, input.shape, { dtype });
}
