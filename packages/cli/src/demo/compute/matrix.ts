import {
  cpu,
  crossEntropy,
  crossEntropyWithGrad,
  type DType,
  logSoftmax,
  type NestedArray,
  oneHot,
  type Reduction,
  type Tensor,
  tensor,
} from "@surprisal/core";
import { check, type Check, lossBound } from "../check.ts";
import { composedRowLosses, sum } from "../compose.ts";

/** A tensor as plain data, and in the words of PyTorch. */
export interface Shown {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly values: NestedArray;
  readonly text: string;
}

/** One reduction of the loss, composed and built in: one number, or one per row. */
export interface Losses {
  readonly reduction: Reduction;
  readonly composed: readonly number[];
  readonly builtIn: readonly number[];
}

/** Three rows of logits, two classes. */
export interface MatrixSection {
  readonly kind: "matrix";
  readonly logits: Shown;
  readonly target: Shown;
  readonly oneHot: Shown;
  readonly logSoftmax: Shown;
  readonly losses: readonly Losses[];
  readonly gradient: Shown;
  readonly checks: readonly Check[];
}

const LOGITS = [
  [0.8, 0.2],
  [0.3, 0.7],
  [0.7, 0.3],
];
const TARGET = [0, 1, 0];

/** Section 4. */
export async function computeMatrix(): Promise<MatrixSection> {
  const logits = tensor(LOGITS, { dtype: "f32", backend: cpu() });
  const target = tensor(TARGET, [3], { dtype: "i64", backend: cpu() });
  const hot = oneHot(target);
  const logProbabilities = logSoftmax(logits, { dim: 1 });
  const rows = composedRowLosses({ logProbabilities, hot: hot.cast("f32") });
  const losses = await Promise.all([
    compare("mean", [sum(rows) / rows.length], logits, target),
    compare("sum", [sum(rows)], logits, target),
    compare("none", [...rows], logits, target),
  ]);
  return {
    kind: "matrix",
    logits: await show(logits),
    target: await show(target),
    oneHot: await show(hot),
    logSoftmax: await show(logProbabilities),
    losses,
    gradient: await show(crossEntropyWithGrad(logits, target).grad),
    checks: losses.flatMap(checksOf),
  };
}

async function compare(
  reduction: Reduction,
  composed: readonly number[],
  logits: Tensor,
  target: Tensor,
): Promise<Losses> {
  const data = await crossEntropy(logits, target, { reduction }).data();
  return { reduction, composed, builtIn: Array.from(data, Number) };
}

function checksOf({ reduction, composed, builtIn }: Losses): Check[] {
  const spread = Math.max(...LOGITS.map((row) => Math.max(...row) - Math.min(...row)));
  const rows = reduction === "sum" ? LOGITS.length : 1;
  const bound = rows * lossBound({ classes: 2, spread });
  return composed.map((loss, i) =>
    check(`cross entropy [3, 2], ${reduction}, value ${i}`, loss, builtIn[i] ?? NaN, bound),
  );
}

async function show(value: Tensor): Promise<Shown> {
  return { shape: value.shape, dtype: value.dtype, values: await value.toArray(), text: await value.format() };
}
