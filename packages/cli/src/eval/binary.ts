import { type Backend, binaryCrossEntropy, binaryCrossEntropyWithLogits, tensor } from "@surprisal/core";
import { allocateRowBlock, type RowBlock } from "../metrics/row-block.ts";
import type { FoundCause } from "../metrics/non-finite.ts";
import { FormatError } from "../readers/format-error.ts";
import type { InputBlock } from "./blocks.ts";
import type { EvaluationPlan, Evaluator } from "./evaluator.ts";
import { isFloat } from "./geometry.ts";
import { noteNonFinite } from "./note-non-finite.ts";
import { numbersOf } from "./numbers.ts";

/** Evaluates binary cross entropy on a backend: each element is a row with the classes 0 and 1. */
export function binaryEvaluator(plan: EvaluationPlan, backend: Backend): Evaluator {
  const { dtypes, fromProbabilities, posWeight, names } = plan;
  const labels = hasLabels(plan);

  return {
    backend,
    async evaluate(block) {
      const { rows, firstRow } = block;
      const x = await numbersOf(block.logits, dtypes.logits);
      const y = await numbersOf(block.targets, dtypes.targets);
      const weight = block.rowWeight === undefined ? undefined : await numbersOf(block.rowWeight, dtypes.rowWeight);
      checkTargets(y, { labels, name: names.targets, firstRow });
      if (fromProbabilities) checkProbabilities(x, { name: names.logits, firstRow });
      const loss = await losses(block, { x, y, weight });
      const found = rowBlock({ rows, firstRow, loss, weight, labels, y, odds: fromProbabilities ? x.map(logit) : x });
      await noteNonFinite(found, async () => (row) => causeOf(x[row] as number, weight?.[row]));
      return found;
    },
    dispose: () => backend.dispose(),
  };

  async function losses(
    block: InputBlock,
    { x, y, weight }: Record<"x" | "y", Float64Array> & { readonly weight: Float64Array | undefined },
  ): Promise<Float64Array> {
    const double = dtypes.logits === "f64" || !isFloat(dtypes.logits);
    const dtype = double ? "f64" : "f32";
    const place = (values: Float64Array): ReturnType<typeof tensor<"f32" | "f64", Backend>> =>
      tensor(double ? values : new Float32Array(values), [values.length], { dtype, backend });
    using logits = isFloat(dtypes.logits)
      ? tensor(block.logits, [x.length], { dtype: dtypes.logits, backend })
      : place(x);
    using targets = place(y);
    using weights = weight && place(weight);
    using positive = posWeight === undefined ? undefined : place(Float64Array.of(posWeight));
    const options = { reduction: "none", ...(weights && { weight: weights }) } as const;
    using loss = fromProbabilities
      ? binaryCrossEntropy(logits, targets, options)
      : binaryCrossEntropyWithLogits(logits, targets, { ...options, ...(positive && { posWeight: positive }) });
    return Float64Array.from(await loss.data());
  }
}

/** Whether targets are labels, 0 or 1, and not degrees: integers and booleans are. */
export function hasLabels({ dtypes }: Pick<EvaluationPlan, "dtypes">): boolean {
  return !isFloat(dtypes.targets);
}

function checkTargets(
  y: Float64Array,
  place: { readonly labels: boolean; readonly name: string; readonly firstRow: number },
): void {
  const wrong = place.labels
    ? y.findIndex((value) => value !== 0 && value !== 1)
    : y.findIndex((value) => !(value >= 0 && value <= 1));
  if (wrong < 0) return;
  const required = place.labels ? "0 or 1" : "in [0, 1]";
  throw new FormatError(
    place.name,
    `row ${place.firstRow + wrong} (from 0): a binary target must be ${required}; got ${y[wrong]}`,
  );
}

function checkProbabilities(
  p: Float64Array,
  { name, firstRow }: { readonly name: string; readonly firstRow: number },
): void {
  const wrong = p.findIndex((value) => !(value >= 0 && value <= 1));
  if (wrong < 0) return;
  throw new FormatError(
    name,
    `row ${firstRow + wrong} (from 0): a probability in [0, 1] required (--from-probabilities); got ${p[wrong]}`,
  );
}

/** Why the loss of a logit, or of a probability, is not finite. */
function causeOf(x: number, rowWeight: number = 1): FoundCause {
  if (Number.isNaN(x)) return { cause: "logit-nan", class: -1 };
  if (!Number.isFinite(rowWeight)) return { cause: "row-weight-not-finite", class: -1 };
  if (x === Infinity) return { cause: "logit-infinite", class: -1 };
  return { cause: x === -Infinity ? "target-logit-minus-infinite" : "overflow", class: -1 };
}

interface Rows {
  readonly rows: number;
  readonly firstRow: number;
  readonly loss: Float64Array;
  readonly weight: Float64Array | undefined;
  readonly labels: boolean;
  readonly y: Float64Array;
  /** Log odds of class 1. */
  readonly odds: Float64Array;
}

function rowBlock({ rows, firstRow, loss, weight, labels, y, odds }: Rows): RowBlock {
  const block = allocateRowBlock(rows, firstRow);
  for (let row = 0; row < rows; row++) {
    if (weight?.[row] === 0) continue;
    const x = odds[row] as number;
    const target = (y[row] as number) > 0.5 ? 1 : 0;
    const prediction = x > 0 ? 1 : 0;
    const defined = !Number.isNaN(x);
    block.kept[row] = 1;
    block.loss[row] = loss[row] as number;
    block.weight[row] = weight?.[row] ?? 1;
    block.rank[row] = defined ? (prediction === target ? 1 : 2) : 0;
    block.prediction[row] = defined ? prediction : -1;
    block.target[row] = labels ? target : -1;
    block.targetProbability[row] = sigmoid(target === 1 ? x : -x);
    block.maxProbability[row] = sigmoid(Math.abs(x));
    block.entropy[row] = entropy(Math.abs(x));
  }
  return block;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function logit(p: number): number {
  return Math.log(p) - Math.log1p(-p);
}

/** Of the two classes: log(1 + e^−x) + x · σ(−x) for log odds x ≥ 0. */
function entropy(x: number): number {
  const e = Math.exp(-x);
  return e === 0 ? 0 : Math.log1p(e) + (x * e) / (1 + e);
}
