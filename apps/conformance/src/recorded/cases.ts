import type { DType } from "@surprisal/core";
import type { Case, Peer } from "../case.ts";
import { isFloat, type Problem } from "../problem.ts";
import { onnxCalls } from "./onnx.ts";
import { numbersOf, type VectorCase, vectorProblem } from "./vectors.ts";

// Vectors as cases: every one in every dtype it was run in, as PyTorch computes it (`compat: "torch"`) and by the default
// policy, which may differ from PyTorch in the declared corners of docs/semantics.md and nowhere else.

/** Operations with the option `compat`. */
const COMPAT: ReadonlySet<string> = new Set([
  "crossEntropy",
  "nllLoss",
  "binaryCrossEntropyWithLogits",
  "multilabelSoftMarginLoss",
  "klDivergence",
  "binaryCrossEntropy",
]);
/** Composed by the generator with the library's own policy for rows left out. */
const EXTENSIONS = ["rowWeight", "logitScale", "softcap", "zLoss"];
/** Corners in which PyTorch's answer is NaN or infinite and the default's need not be. */
const DECLARED: ReadonlySet<string> = new Set(["ignored-row", "zero-mass", "zero-divisor", "overflow"]);

/** The cases of one file of vectors. */
export function recordedCases(vectors: readonly VectorCase[]): readonly Case[] {
  return vectors.flatMap((vector) => (vector.op.startsWith("onnx") ? onnxCases(vector) : torchCases(vector)));
}

function onnxCases(vector: VectorCase): Case[] {
  return onnxCalls(vector).map(({ problem, outputs }, i) => ({
    address: i === 0 ? vector.name : `${vector.name}/log-softmax`,
    operation: problem.operation,
    dtype: dtypeOf(problem),
    problem: () => problem,
    peer: { outputs },
  }));
}

/** Whether a vector is PyTorch's own answer, which `compat: "torch"` gives in every corner. */
export function isPyTorchs({ op, options, inputs }: VectorCase): boolean {
  return COMPAT.has(op) && !EXTENSIONS.some((name) => name in options || name in inputs);
}

function torchCases(vector: VectorCase): Case[] {
  const policies = isPyTorchs(vector) ? [true, false] : [false];
  const runs: readonly (DType | undefined)[] =
    vector.error === true ? [undefined] : (Object.keys(vector.outputs ?? {}) as DType[]);
  return runs.flatMap((run) => policies.map((strict) => torchCase(vector, run, strict)));
}

function torchCase(vector: VectorCase, run: DType | undefined, strict: boolean): Case {
  const problem = (): Problem => vectorProblem(vector, vector.literal === true ? undefined : run, strict);
  const parameters = [...(run === undefined ? [] : [`dtype=${run}`]), ...(strict ? ["compat=torch"] : [])];
  return {
    address: [`torch/${vector.name}`, parameters.join(";")].filter(Boolean).join(":"),
    operation: vector.op,
    dtype: run ?? dtypeOf(problem()),
    problem,
    peer: peerOf(vector, run, strict),
  };
}

/** The dtype of the first floating input, or of the first. */
function dtypeOf({ inputs }: Problem): DType {
  const dtypes = Object.values(inputs).map(({ dtype }) => dtype);
  return dtypes.find(isFloat) ?? dtypes[0] ?? "f32";
}

/** PyTorch's answer, and how far it binds. */
export function peerOf(vector: VectorCase, run: DType | undefined, strict: boolean): Peer {
  if (vector.error === true || (vector.corner === "invalid-smoothing" && !strict)) return { refuses: true };
  const recorded = Object.entries(vector.outputs?.[run ?? "f32"] ?? {}).filter(
    // The library has no gradient by the target there.
    ([name]) => !(name === "gradTarget" && vector.op === "klDivergence"),
  );
  const outputs = recorded.map(([name, output]) => [name, { shape: output.shape, values: numbersOf(output) }]);
  const smoothedAway = vector.options["labelSmoothing"] === 1;
  return {
    outputs: Object.fromEntries(outputs) as NonNullable<Peer["outputs"]>,
    // Also the gradient by probabilities that smoothing 1 leaves without mass (PyTorch: 0 · ∞).
    departs: (output) => !strict && (DECLARED.has(vector.corner ?? "") || (output === "gradTarget" && smoothedAway)),
  };
}
