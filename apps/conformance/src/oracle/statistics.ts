import { inputOf, isFloat, type Problem } from "../problem.ts";
import { type Algebra, type Approximate, exact, ZERO } from "./algebra.ts";
import { evaluateRows, type EvaluatedRow, logitsOf, lossDType, reducedLoss } from "./cross-entropy.ts";
import { type Distribution, indexOfMax } from "./distribution.ts";
import { ulp } from "./rounding.ts";
import { type Expected, expectedFrom, type ExpectedOutputs } from "./expected.ts";

/** perplexity: the exponential of the cross entropy. */
export function perplexity(algebra: Algebra, problem: Problem): ExpectedOutputs {
  const logits = logitsOf(inputOf(problem, "logits"));
  const dtype = lossDType(problem, ["logits", "target"]);
  const rowShape = logits.shape.toSpliced(logits.dim, 1);
  const { shape, values, errors } = reducedLoss(
    algebra,
    problem,
    evaluateRows(algebra, problem, logits),
    rowShape,
    dtype,
  );
  /** The exponential is that of the loss as it is stored. */
  const exponential = (i: number): Approximate => {
    const value = values[i] ?? NaN;
    return algebra.exp({ value, error: (errors[i] ?? 0) + (Number.isFinite(value) ? ulp(dtype, value) / 2 : 0) });
  };
  return { loss: expectedFrom(dtype, shape, exponential) };
}

/** One row's statistics. */
interface RowStatistics {
  readonly max: Approximate;
  readonly logSum: Approximate;
  readonly predicted: Approximate;
  readonly rank: Approximate;
  readonly entropy: Approximate;
  readonly probability: Approximate;
}

/** crossEntropyStats, row by row. Every row is looked at; those that are left out have no loss, rank or probability. */
export function crossEntropyStats(algebra: Algebra, problem: Problem): ExpectedOutputs {
  const logits = logitsOf(inputOf(problem, "logits"));
  const target = inputOf(problem, "target");
  const dtype = lossDType(problem, ["logits", "target"]);
  const rowShape = logits.shape.toSpliced(logits.dim, 1);
  const evaluated = evaluateRows(algebra, problem, logits);
  const looked = evaluateRows(algebra, withoutLeavingOut(problem), logits);
  const { classes, inner } = logits.split;
  const labelOf = (row: EvaluatedRow, r: number): number => {
    if (row.result === undefined) return -1;
    if (!isFloat(target.dtype)) return row.label;
    const start = Math.floor(r / inner) * classes * inner + (r % inner);
    return indexOfMax(Array.from({ length: classes }, (_, c) => exact(target.values[start + c * inner] ?? NaN)));
  };
  const rows = evaluated.rows.map((row, r) =>
    statisticsOf(algebra, looked.rows[r]?.result?.distribution, classes, labelOf(row, r)),
  );
  const each = (name: keyof RowStatistics, as: "f32" | "f64" | "i32"): Expected =>
    expectedFrom(as, rowShape, (r) => rows[r]?.[name] ?? ZERO);
  const perRow = { ...problem, options: { ...problem.options, reduction: "none" } };
  return {
    loss: reducedLoss(algebra, perRow, evaluated, rowShape, dtype),
    max: each("max", dtype),
    logSum: each("logSum", dtype),
    predicted: each("predicted", "i32"),
    rank: each("rank", "i32"),
    entropy: each("entropy", dtype),
    probability: each("probability", dtype),
  };
}

/** A row without a softmax predicts nothing. */
function statisticsOf(
  algebra: Algebra,
  distribution: Distribution | undefined,
  classes: number,
  label: number,
): RowStatistics {
  const none = exact(NaN);
  if (distribution === undefined || distribution.invalid) {
    const probability = label < 0 ? ZERO : none;
    return { max: none, logSum: none, predicted: exact(-1), rank: ZERO, entropy: none, probability };
  }
  const every = Array.from({ length: classes }, (_, j) => j);
  const gaps = every.map((j) => distribution.gap(j).value);
  return {
    max: distribution.max,
    logSum: distribution.logSum,
    predicted: exact(distribution.top),
    rank: label < 0 ? ZERO : exact(rankOf(gaps, label)),
    entropy: entropyOf(algebra, distribution, every),
    probability: label < 0 ? ZERO : distribution.probability(label),
  };
}

function withoutLeavingOut({ operation, inputs, options }: Problem): Problem {
  const { rowWeight: _left, ...kept } = inputs;
  return { operation, inputs: kept, options: { ...options, ignoreIndex: -(2 ** 40) } };
}

/** 1 and one for each class that comes before: nearer to the maximum, or as near and earlier. */
function rankOf(gaps: readonly number[], label: number): number {
  const own = gaps[label] ?? NaN;
  return 1 + gaps.filter((other, j) => other < own || (other === own && j < label)).length;
}

/** Σ p·(−log p), where p = 0 contributes nothing. */
function entropyOf(algebra: Algebra, distribution: Distribution, classes: readonly number[]): Approximate {
  return algebra.sum(
    classes.map((j) => {
      const p = distribution.probability(j);
      return p.value === 0 ? ZERO : algebra.multiply(p, distribution.surprise(j));
    }),
  );
}
