import type { Problem } from "../problem.ts";
import { Algebra, type Arithmetic } from "./algebra.ts";
import { rowLosses } from "./cross-entropy.ts";
import { distributionCrossEntropy, distributionKlDivergence, entropy } from "./distributions.ts";
import { binaryLogits, binaryProbabilities, divergence, elementWise, focalLogits, softMargin } from "./element-wise.ts";
import type { ExpectedOutputs } from "./expected.ts";
import { linearCrossEntropy } from "./linear.ts";
import { cast, oneHot } from "./one-hot.ts";
import { rand, randint, randn } from "./random.ts";
import { logSoftmax, logSumExp, softmax } from "./softmax.ts";
import { crossEntropyStats, perplexity } from "./statistics.ts";

// The oracle: what every operation gives, from the definitions of docs/semantics.md, in f64. It shares no code with the
// library, and is itself checked against PyTorch's f64 results and by finite differences.

type Evaluate = (algebra: Algebra, problem: Problem) => ExpectedOutputs;

const input = { logits: "input", gradient: "gradInput" };
const logits = { logits: "logits", gradient: "gradLogits" };

const OPERATIONS: Readonly<Record<string, Evaluate>> = {
  crossEntropy: (algebra, problem) => rowLosses(algebra, problem, logits),
  focalLoss: (algebra, problem) => rowLosses(algebra, problem, logits),
  nllLoss: (algebra, problem) => rowLosses(algebra, problem, { ...input, normalized: true }),
  crossEntropyStats,
  perplexity,
  linearCrossEntropy,
  softmax,
  logSoftmax,
  logSumExp,
  binaryCrossEntropy: elementWise(binaryProbabilities),
  binaryCrossEntropyWithLogits: elementWise(binaryLogits),
  multilabelSoftMarginLoss: elementWise(softMargin, "last-dim"),
  sigmoidFocalLoss: elementWise(focalLogits),
  klDivergence: elementWise(divergence),
  entropy,
  distributionCrossEntropy,
  distributionKlDivergence,
  oneHot,
  cast,
  rand,
  randn,
  randint,
};

/** What a problem's outputs should be for a backend of this arithmetic. */
export function expectedOutputs(problem: Problem, arithmetic: Arithmetic): ExpectedOutputs {
  const evaluate = OPERATIONS[problem.operation];
  if (evaluate === undefined) throw new Error(`the oracle has no operation "${problem.operation}"`);
  return evaluate(new Algebra(arithmetic), problem);
}
