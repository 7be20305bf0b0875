import type { DType } from "@surprisal/core";
import { type Input, inputOf, isFloat, type Problem, type Split, splitAt } from "../problem.ts";
import { type Algebra, type Approximate, exact, ONE, ZERO } from "./algebra.ts";
import { type Expected, expectedFrom, type ExpectedOutputs, expectedZeros, put } from "./expected.ts";
import { roundTo } from "./rounding.ts";
import { rowLoss, type RowLoss, type RowOptions, type RowTarget, weightOf } from "./row-loss.ts";

// Losses over rows: which rows count, what a mean divides by, what arrives from above.

/** Logits by row, and their place in the output. */
export interface Logits {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly dim: number;
  readonly split: Split;
  /** The logits of row (o, i). */
  readonly row: (outer: number, inner: number) => readonly Approximate[];
}

/** A row with all that decides what it counts for. */
export interface EvaluatedRow {
  /** Undefined for a row that is left out. */
  readonly result: RowLoss | undefined;
  /** Left out, and without a softmax: PyTorch's gradient is NaN there. */
  readonly poisoned: boolean;
  readonly rowWeight: Approximate;
  readonly label: number;
}

/** All rows of a loss, and the divisor of its mean. */
export interface EvaluatedRows {
  readonly rows: readonly EvaluatedRow[];
  readonly kept: number;
  readonly divisor: Approximate;
  readonly strict: boolean;
  readonly narrow: boolean;
}

/** The logits that are an input, class dim 1 (0 for a single row). */
export function logitsOf({ dtype, shape, values }: Input): Logits {
  const dim = shape.length === 1 ? 0 : 1;
  const split = splitAt(shape, dim);
  const row = (outer: number, inner: number): Approximate[] =>
    Array.from({ length: split.classes }, (_, c) =>
      exact(values[(outer * split.classes + c) * split.inner + inner] ?? NaN),
    );
  return { dtype, shape, dim, split, row };
}

/** Evaluates every row of a loss. */
export function evaluateRows(
  algebra: Algebra,
  problem: Problem,
  logits: Logits,
  only: { readonly normalized?: boolean; readonly weight?: string } = {},
): EvaluatedRows {
  const { options } = problem;
  const weight = problem.inputs[only.weight ?? "weight"];
  const target = inputOf(problem, "target");
  const smoothing = positive(options["labelSmoothing"]);
  const { outer, classes, inner } = logits.split;
  const alpha = exact(Number(options["alpha"] ?? 1));
  const strict = options["compat"] === "torch";
  const narrow = logits.dtype !== "f64" && target.dtype !== "f64";
  const settings: RowOptions = {
    hot: algebra.multiply(alpha, smoothing === 0 ? ONE : algebra.subtract(ONE, exact(smoothing))),
    base: smoothing === 0 ? ZERO : algebra.divide(exact(smoothing), exact(classes)),
    weight: weight && Array.from(weight.values, exact),
    logitScale: Number(options["logitScale"] ?? 1),
    softcap: Number(options["softcap"] ?? 0),
    zLoss: Number(options["zLoss"] ?? 0),
    gamma: Number(options["gamma"] ?? 0),
    normalized: only.normalized ?? false,
    strict,
    narrow,
  };
  const rowWeight = problem.inputs["rowWeight"];
  const ignoreIndex = Number(options["ignoreIndex"] ?? -100);
  const dense = isFloat(target.dtype);
  const rows = Array.from({ length: outer * inner }, (_, r): EvaluatedRow => {
    const o = Math.floor(r / inner);
    const i = r % inner;
    const own = rowWeight === undefined ? ONE : exact(rowWeight.values[r] ?? NaN);
    const label = dense ? -1 : (target.values[r] ?? NaN);
    if (own.value === 0 || (!dense && label === ignoreIndex)) {
      const poisoned = strict && !settings.normalized && isPoisoned(logits.row(o, i));
      return { result: undefined, poisoned, rowWeight: own, label: -1 };
    }
    const rowTarget: RowTarget = dense ? { masses: denseRow(target, logits.split, o, i) } : { label };
    return { result: rowLoss(algebra, logits.row(o, i), rowTarget, settings), poisoned: false, rowWeight: own, label };
  });
  const counted = rows.filter(({ result }) => result !== undefined && classes > 0);
  const shares = counted.map((row) =>
    dense ? row.rowWeight : algebra.multiply(row.rowWeight, weightOf(settings, row.label)),
  );
  return { rows, kept: counted.length, divisor: algebra.sum(shares), strict, narrow };
}

/** Options below 0 and NaN count as 0 where PyTorch is followed; otherwise they never get here. */
function positive(option: unknown): number {
  const value = Number(option ?? 0);
  return value > 0 ? value : 0;
}

function denseRow({ values }: Input, { classes, inner }: Split, o: number, i: number): Approximate[] {
  return Array.from({ length: classes }, (_, c) => exact(values[(o * classes + c) * inner + i] ?? NaN));
}

function isPoisoned(row: readonly Approximate[]): boolean {
  const max = row.reduce((most, { value }) => (value > most || Number.isNaN(value) ? value : most), -Infinity);
  return !Number.isFinite(max) || row.some(({ value }) => Number.isNaN(value));
}

/** The loss under the problem's reduction. */
export function reducedLoss(
  algebra: Algebra,
  { options }: Problem,
  { rows, kept, divisor, strict, narrow }: EvaluatedRows,
  rowShape: readonly number[],
  dtype: DType,
): Expected {
  const limit = (total: Approximate): Approximate => {
    const rounded = roundTo("f32", total.value);
    return strict && narrow && !Number.isFinite(rounded) ? exact(rounded) : total;
  };
  const lossOf = ({ result, rowWeight }: EvaluatedRow): Approximate =>
    result === undefined ? ZERO : algebra.multiply(rowWeight, result.loss);
  const losses = rows.map(lossOf);
  if (options["reduction"] === "none") return expectedFrom(dtype, rowShape, (r) => at(losses, r));
  const total = limit(algebra.sum(losses.map(limit)));
  const scalar = (value: Approximate): Expected => expectedFrom(dtype, [], () => value);
  if (options["reduction"] === "sum") return scalar(total);
  if (options["normalizer"] !== undefined) return scalar(algebra.divide(total, exact(Number(options["normalizer"]))));
  if (kept === 0) return scalar(options["onEmpty"] === "zero" ? ZERO : exact(NaN));
  if (strict && divisor.value === 0 && options["labelSmoothing"] !== undefined) {
    const parts = [0, 1].map((part) =>
      algebra.divide(algebra.sum(rows.map(({ result }) => result?.parts[part] ?? ZERO)), divisor),
    );
    return scalar(algebra.sum(parts));
  }
  return scalar(algebra.divide(total, divisor));
}

function at(numbers: readonly Approximate[], index: number): Approximate {
  return numbers[index] ?? exact(NaN);
}

/** What a row's slopes are multiplied by: upstream, row weight, divisor. */
function rowScales(algebra: Algebra, problem: Problem, { rows, divisor }: EvaluatedRows): Approximate[] {
  const { options, inputs } = problem;
  const upstream = inputs["upstream"];
  const mean = (options["reduction"] ?? "mean") === "mean";
  const normalizer = options["normalizer"];
  const by = !mean ? ONE : normalizer === undefined ? divisor : exact(Number(normalizer));
  return rows.map(({ rowWeight }, r) => {
    const arriving = upstream === undefined ? ONE : exact(upstream.values[upstream.values.length === 1 ? 0 : r] ?? NaN);
    return algebra.multiply(algebra.divide(arriving, by), rowWeight);
  });
}

/** Gradients by the logits, row for row. */
export function logitGradients(algebra: Algebra, problem: Problem, evaluated: EvaluatedRows): Approximate[][] {
  const scales = rowScales(algebra, problem, evaluated);
  return evaluated.rows.map(({ result, poisoned, label }, r) => {
    if (result === undefined) return poisoned ? [exact(NaN)] : [];
    const scale = scales[r] ?? ZERO;
    if (evaluated.strict && !Number.isFinite(scale.value) && result.distribution !== undefined) {
      return asPyTorchAdds(result, scale.value);
    }
    // Of log-probabilities only the label's has a slope, and what arrives from above, even if infinite, goes nowhere else.
    const reaches = (j: number): boolean => result.distribution !== undefined || j === label;
    return result.slopes.map((slope, j) => (reaches(j) ? algebra.multiply(scale, slope) : ZERO));
  });
}

/** PyTorch divides both sides of the gradient before it adds them: at a divisor of 0 that is ∞ − ∞, or 0·∞. */
function asPyTorchAdds({ masses, distribution, smoothed }: RowLoss, scale: number): Approximate[] {
  if (masses.every(({ value }) => value === 0)) return masses.map(() => exact(NaN));
  const sides = masses.map(({ value }) => (value === 0 && !smoothed ? 0 : -scale * value));
  const sum = sides.reduce((total, side) => total + side, 0);
  return sides.map((side, j) => exact(side - (distribution?.probability(j).value ?? NaN) * sum));
}

/** Writes row gradients in the layout of the logits. */
function scatter(gradients: readonly (readonly Approximate[])[], logits: Logits): Expected {
  const { outer, classes, inner } = logits.split;
  const to = expectedZeros(logits.dtype, logits.shape, logits.dim);
  for (let r = 0; r < outer * inner; r++) {
    const row = gradients[r] ?? [];
    const start = Math.floor(r / inner) * classes * inner + (r % inner);
    // A row that is left out has no slopes, or one NaN for all.
    for (let c = 0; c < classes && row.length > 0; c++)
      put(to, start + c * inner, at(row, Math.min(c, row.length - 1)));
  }
  return to;
}

/** The dtype of a loss: f64 as soon as an operand is. */
export function lossDType(problem: Problem, names: readonly string[]): "f32" | "f64" {
  return names.some((name) => problem.inputs[name]?.dtype === "f64") ? "f64" : "f32";
}

/** crossEntropy, nllLoss and focalLoss. */
export function rowLosses(
  algebra: Algebra,
  problem: Problem,
  names: { readonly logits: string; readonly gradient: string; readonly normalized?: boolean },
): ExpectedOutputs {
  const logits = logitsOf(inputOf(problem, names.logits));
  const evaluated = evaluateRows(algebra, problem, logits, { normalized: names.normalized ?? false });
  const target = inputOf(problem, "target");
  const rowShape = logits.shape.toSpliced(logits.dim, 1);
  const dtype = lossDTypeOf(problem, names.logits);
  const loss = reducedLoss(algebra, problem, evaluated, rowShape, dtype);
  const gradient = scatter(logitGradients(algebra, problem, evaluated), logits);
  const outputs = { loss, lossAlone: loss, [names.gradient]: gradient };
  if (!isFloat(target.dtype)) return outputs;
  const scales = rowScales(algebra, problem, evaluated);
  const slopes = evaluated.rows.map(({ result }, r) =>
    (result?.targetSlopes ?? []).map((slope) => algebra.multiply(scales[r] ?? ZERO, slope)),
  );
  return { ...outputs, gradTarget: scatter(slopes, { ...logits, dtype: target.dtype }) };
}

/** PyTorch gives a loss in half dtypes where its operands are; the default does not. */
function lossDTypeOf(problem: Problem, logits: string): DType {
  const dtypes = [problem.inputs[logits]?.dtype, problem.inputs["target"]?.dtype].filter(
    (dtype) => dtype !== undefined && isFloat(dtype),
  );
  const [first] = dtypes;
  const halves = dtypes.every((dtype) => dtype === first) && (first === "bf16" || first === "f16");
  if (problem.options["compat"] === "torch" && halves) return first;
  return lossDType(problem, [logits, "target"]);
}
