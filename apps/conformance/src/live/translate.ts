import type { DType } from "@surprisal/core";
import type { PeerOutput } from "../case.ts";
import { type Input, isFloat, type Problem, splitAt } from "../problem.ts";

// Problems in the words of tools/make-vectors/live.py, and its answers back again.

/** A problem as PyTorch is asked for it. */
export interface Question {
  /** One line of JSON, without its end. */
  readonly line: string;
  /** The dtype under which the outputs of the answer stand. */
  readonly dtype: DType;
}

/** Outputs by the dtype of the run and by name, as `live.py` writes them. */
export type WrittenOutputs = Readonly<Record<string, Readonly<Record<string, WrittenTensor>>>>;

interface WrittenTensor {
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

/** Options that PyTorch has by another name, or that are made of its operations, by operation. */
const ROW_OPTIONS = ["reduction", "ignoreIndex", "labelSmoothing", "logitScale", "softcap", "zLoss"];
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  crossEntropy: ROW_OPTIONS,
  perplexity: ROW_OPTIONS,
  linearCrossEntropy: ROW_OPTIONS,
  nllLoss: ["reduction", "ignoreIndex"],
  focalLoss: ["reduction", "ignoreIndex", "alpha", "gamma"],
  sigmoidFocalLoss: ["reduction", "alpha", "gamma"],
  binaryCrossEntropy: ["reduction"],
  binaryCrossEntropyWithLogits: ["reduction"],
  multilabelSoftMarginLoss: ["reduction"],
  klDivergence: ["reduction", "logTarget"],
  softmax: ["dim"],
  logSoftmax: ["dim"],
  logSumExp: ["dim", "keepDim"],
  oneHot: ["classes"],
  entropy: ["reduction", "dim", "base"],
  distributionCrossEntropy: ["reduction", "dim", "base"],
  distributionKlDivergence: ["reduction", "dim", "base"],
};
/** Those of no operation of PyTorch. */
const COMPOSED = ["logitScale", "softcap", "zLoss"];
/** Which of PyTorch's or the library's answers is asked for; the question is the same. Of one-hot rows, only the dtype. */
const SILENT = ["compat", "dtype"];
/** What a question costs grows with its numbers, which are written out and read in again, faster than what it may find. */
const MOST_NUMBERS = 20_000;

/** Whether PyTorch has an operation. */
export function isKnown(operation: string): boolean {
  return OPTIONS[operation] !== undefined;
}

/**
 * A problem as one line for PyTorch, or undefined where it has no such thing: operations and options of the library alone,
 * f16 (which it refuses on a CPU), class indices that are not i64, most of bf16.
 *
 * @example
 * ```ts
 * const { inputs, options } = caseOf("softmax:shape=2").problem();
 * toTorch({ operation: "softmax", inputs, options })?.line; // {"op":"softmax","inputs":{"input":…},"options":{"dim":0},"dtypes":["f32"]}
 * ```
 */
export function toTorch({ operation, inputs, options }: Problem): Question | undefined {
  const known = OPTIONS[operation];
  const given = Object.keys(options).filter((name) => !SILENT.includes(name));
  if (known === undefined || given.some((name) => !known.includes(name))) return undefined;
  const dtypes = Object.values(inputs).map(({ dtype }) => dtype);
  const numbers = Object.values(inputs).reduce((sum, { values }) => sum + values.length, 0);
  if (dtypes.some((dtype) => !TAKEN.includes(dtype)) || numbers > MOST_NUMBERS) return undefined;
  if (operation === "linearCrossEntropy" && !isMatrix(inputs)) return undefined;
  if (dtypes.includes("bf16") && isWrongInHalf({ operation, inputs, options })) return undefined;
  // What arrives from above may be wider than the inputs; then it is rounded, as PyTorch rounds it itself.
  const dtype = dtypes.find(isFloat) ?? "i64";
  const line = JSON.stringify({
    op: operation,
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, written(input)])),
    options: Object.fromEntries(given.map((name) => [name, word(options[name])])),
    dtypes: isFloat(dtype) ? [dtype] : [],
  });
  return { line, dtype };
}

const TAKEN: readonly DType[] = ["f32", "f64", "bf16", "i64", "bool"];

/** The rows of a linear layer are one dim there, and have no weights. */
function isMatrix({ hidden, rowWeight }: Problem["inputs"]): boolean {
  return hidden?.shape.length === 2 && rowWeight === undefined;
}

/**
 * On a CPU, PyTorch has no binary_cross_entropy of bf16, and its log_softmax of bf16 along any dim but the last one puts NaN into
 * the rows beside those of nothing but −∞ (1.13, AVX2). What is composed of its operations is rounded to bf16 after each.
 */
function isWrongInHalf({ operation, inputs, options }: Problem): boolean {
  if (operation === "binaryCrossEntropy" || inputs["rowWeight"] !== undefined) return true;
  if (COMPOSED.some((name) => name in options)) return true;
  if (!["crossEntropy", "perplexity", "logSoftmax"].includes(operation)) return false;
  const { shape = [] } = inputs["logits"] ?? inputs["input"] ?? {};
  return splitAt(shape, Number(options["dim"] ?? Math.min(1, shape.length - 1))).inner > 1;
}

function written({ dtype, shape, values }: Input): object {
  return { dtype, shape, data: Array.from(values, word) };
}

/** JSON has no NaN, no infinities, and no negative zero in JavaScript. */
function word(value: unknown): unknown {
  if (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return Object.is(value, -0) ? "-0" : String(value);
}

/** The outputs of an answer, without those that the library does not have. */
export function outputsOf(
  { dtype }: Question,
  operation: string,
  answer: WrittenOutputs,
): Readonly<Record<string, PeerOutput>> {
  const outputs = answer[dtype];
  if (outputs === undefined) throw new Error(`PyTorch's answer has no outputs in ${dtype}`);
  const kept = Object.entries(outputs).filter(([name]) => !(operation === "klDivergence" && name === "gradTarget"));
  return Object.fromEntries(
    kept.map(([name, { shape, data }]) => [name, { shape, values: Float64Array.from(data, Number) }]),
  );
}
