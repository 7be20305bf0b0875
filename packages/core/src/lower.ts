import { checkFloat, checkIndices, checkTensor } from "./checks.ts";
import type { Backend } from "./backend.ts";
import { targetMassKernel } from "./cpu/mass.ts";
import { type DType, type FloatDType, isFloat, resultDType } from "./dtype.ts";
import { DataError, DTypeError, OptionError, ShapeError } from "./errors.ts";
import type { Job } from "./job.ts";
import { checkOptions, finite, inRange, oneOf, type Reduction, safeInteger } from "./options.ts";
import type { DenseTarget, IndexTarget, LossNumbers, Mass, Operand } from "./plan.ts";
import { rowsOf, type Rows, sameShape, show } from "./shape.ts";
import { Tensor } from "./tensor.ts";

// The one lowering: what options mean, as numbers on a plan. Nothing below this file knows an option's name.

/** Every option of every loss over rows; each public function admits a subset. */
export interface RowLossOptions {
  readonly reduction?: Reduction;
  readonly weight?: Tensor;
  readonly ignoreIndex?: number;
  readonly labelSmoothing?: number;
  readonly rowWeight?: Tensor;
  readonly logitScale?: number;
  readonly softcap?: number;
  readonly zLoss?: number;
  readonly normalizer?: number;
  readonly onEmpty?: "nan" | "zero" | "throw";
  readonly compat?: "torch";
  readonly alpha?: number;
  readonly gamma?: number;
}

/** Options after checking: all defaults filled in, nothing invalid left. */
export interface Resolved {
  readonly reduction: Reduction;
  readonly weight: Tensor | undefined;
  readonly rowWeight: Tensor | undefined;
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
  readonly logitScale: number;
  readonly softcap: number;
  readonly zLoss: number;
  readonly normalizer: number | undefined;
  readonly onEmpty: "nan" | "zero" | "throw";
  readonly strict: boolean;
  readonly alpha: number;
  readonly gamma: number;
}

/** Checks options once, against the names that the calling function admits. */
export function resolve(where: string, options: RowLossOptions, known: readonly string[]): Resolved {
  checkOptions(where, options, known);
  const strict = options.compat !== undefined && oneOf(where, "compat", options.compat, ["torch"]) === "torch";
  const reduction = oneOf(where, "reduction", options.reduction ?? "mean", ["mean", "sum", "none"]);
  const { normalizer } = options;
  if (normalizer !== undefined && reduction !== "mean") {
    throw new OptionError(
      "option-value",
      `${where}: normalizer replaces the divisor of reduction "mean"; got reduction "${reduction}"`,
    );
  }
  return {
    reduction,
    strict,
    weight: options.weight,
    rowWeight: options.rowWeight,
    ignoreIndex: safeInteger(where, "ignoreIndex", options.ignoreIndex ?? -100),
    labelSmoothing: smoothing(where, options.labelSmoothing ?? 0, strict),
    logitScale: finite(where, "logitScale", options.logitScale ?? 1),
    softcap: finite(where, "softcap", options.softcap ?? 0, 0),
    zLoss: finite(where, "zLoss", options.zLoss ?? 0, 0),
    normalizer: normalizer === undefined ? undefined : finite(where, "normalizer", normalizer, Number.MIN_VALUE),
    onEmpty: oneOf(where, "onEmpty", options.onEmpty ?? "nan", ["nan", "zero", "throw"]),
    alpha: finite(where, "alpha", options.alpha ?? 1),
    gamma: finite(where, "gamma", options.gamma ?? 0, 0),
  };
}

/** PyTorch takes any labelSmoothing ≤ 1 and treats what is not positive, NaN too, as 0; we ask for [0, 1]. */
function smoothing(where: string, value: unknown, strict: boolean): number {
  const lenient = strict && typeof value === "number" && !(value > 0);
  return lenient ? 0 : inRange(where, "labelSmoothing", value, 0, 1);
}

/** How logits are laid out: class dim 0 for rank 1, else 1. */
export interface LogitsGeometry {
  readonly shape: readonly number[];
  readonly dtype: FloatDType;
  readonly dim: number;
  readonly rows: Rows;
  /** The logits' shape without the class dim. */
  readonly rowShape: readonly number[];
}

/** Class axis and rows of logits `[C]`, `[N, C]` or `[N, C, d1 … dK]`. */
export function geometryOf(where: string, logits: Tensor): LogitsGeometry {
  checkTensor(where, "logits", logits);
  if (logits.rank === 0) {
    throw new ShapeError("rank", `${where}: logits must be [C], [N, C] or [N, C, d1 … dK]; got a scalar`);
  }
  const dtype = checkFloat(where, "logits", logits);
  const { shape } = logits;
  const dim = logits.rank === 1 ? 0 : 1;
  return { shape, dtype, dim, rows: rowsOf(shape, dim), rowShape: shape.toSpliced(dim, 1) };
}

/** Class indices or a distribution over the classes, told apart by shape as PyTorch does. */
export function lowerTarget<B extends Backend>(
  where: string,
  job: Job<B>,
  { shape, dim, rowShape }: LogitsGeometry,
  target: Tensor,
  ignoreIndex: number,
): IndexTarget | DenseTarget {
  checkTensor(where, "target", target);
  if (sameShape(target.shape, shape)) {
    if (!isFloat(target.dtype)) {
      const hint = `class indices would be ${show(rowShape)}; use cast("f32") for one-hot labels`;
      throw new DTypeError(
        "target-dtype",
        `${where}: target probabilities ${show(target.shape)} must be floating; got ${target.dtype} (${hint})`,
      );
    }
    if (ignoreIndex >= 0) {
      throw new OptionError(
        "option-value",
        `${where}: ignoreIndex ${ignoreIndex} needs class indices; target holds probabilities`,
      );
    }
    return { kind: "dense", operand: job.alongDim(target, dim) };
  }
  if (!sameShape(target.shape, rowShape)) {
    const message = `${where}: target must be ${show(rowShape)} (class indices) or ${show(shape)} (probabilities)`;
    throw new ShapeError("target-shape", `${message}; got ${show(target.shape)}`, {
      logits: shape,
      target: target.shape,
    });
  }
  return lowerIndices(where, job, { shape, dim, rowShape }, target, ignoreIndex);
}

/** Class indices, one per row. */
export function lowerIndices<B extends Backend>(
  where: string,
  job: Job<B>,
  { shape, dim, rowShape }: Pick<LogitsGeometry, "shape" | "dim" | "rowShape">,
  target: Tensor,
  ignoreIndex: number,
): IndexTarget {
  checkTensor(where, "target", target);
  if (!sameShape(target.shape, rowShape)) {
    const message = `${where}: target must be class indices ${show(rowShape)} for ${show(shape)}; got ${show(target.shape)}`;
    throw new ShapeError("target-shape", message, { logits: shape, target: target.shape });
  }
  checkIndices(where, "target", target);
  return { kind: "index", operand: job.perRow(target, dim), ignoreIndex };
}

/** One weight per class, of the logits' dtype. */
function lowerWeight<B extends Backend>(
  where: string,
  job: Job<B>,
  weight: Tensor | undefined,
  classes: number,
  dtype: DType,
): Operand | undefined {
  if (weight === undefined) return undefined;
  checkTensor(where, "weight", weight);
  if (!sameShape(weight.shape, [classes])) {
    throw new ShapeError(
      "weight-shape",
      `${where}: weight must be [${classes}], one per class; got ${show(weight.shape)}`,
    );
  }
  if (weight.dtype !== dtype) {
    throw new DTypeError("weight-dtype", `${where}: weight must be ${dtype} as the logits; got ${weight.dtype}`);
  }
  return job.alongDim(weight, 0);
}

/** One weight per row (a mask may be bool). */
function lowerRowWeight<B extends Backend>(
  where: string,
  job: Job<B>,
  resolved: Resolved,
  geometry: LogitsGeometry,
): Operand | undefined {
  const { rowWeight } = resolved;
  if (rowWeight === undefined) return undefined;
  checkTensor(where, "rowWeight", rowWeight);
  if (!sameShape(rowWeight.shape, geometry.rowShape)) {
    throw new ShapeError(
      "weight-shape",
      `${where}: rowWeight must be ${show(geometry.rowShape)}, one per row; got ${show(rowWeight.shape)}`,
    );
  }
  return job.perRow(rowWeight, geometry.dim);
}

/** The numbers on the plan, and the plan for the divisor of the mean (which also checks index targets). */
export function lowerLoss<B extends Backend>(
  where: string,
  job: Job<B>,
  resolved: Resolved,
  geometry: LogitsGeometry,
  target: IndexTarget | DenseTarget,
): LossNumbers {
  const { rows, dtype } = geometry;
  const { reduction, onEmpty, normalizer, labelSmoothing, strict } = resolved;
  const weight = lowerWeight(where, job, resolved.weight, rows.classes, dtype);
  const rowWeight = lowerRowWeight(where, job, resolved, geometry);
  const mean = reduction === "mean";
  const mustKeep = mean && normalizer === undefined && onEmpty === "throw";
  const divisor = mean ? (normalizer ?? meanDivisor()) : 1;
  if (target.kind === "index" || typeof divisor !== "number") {
    const mass = typeof divisor === "number" ? job.mass() : divisor;
    const massWeight = target.kind === "index" ? weight : undefined;
    job.add({
      kind: "target-mass",
      onCpu: targetMassKernel,
      rows,
      target,
      weight: massWeight,
      rowWeight,
      mustKeep,
      mass,
    });
  }
  return {
    hot: resolved.alpha * (1 - labelSmoothing),
    base: labelSmoothing === 0 ? 0 : labelSmoothing / rows.classes,
    weight,
    rowWeight,
    logitScale: resolved.logitScale,
    softcap: resolved.softcap,
    zLoss: resolved.zLoss,
    focalGamma: resolved.gamma,
    normalized: false,
    strict,
    divisor,
    reduce: reduction !== "none",
    empty: mean && normalizer === undefined && onEmpty === "nan" ? NaN : 0,
  };

  function meanDivisor(): number | Mass {
    const count = rows.classes === 0 ? 0 : rows.outer * rows.inner;
    if (target.kind === "index" || rowWeight !== undefined) return job.mass();
    if (mustKeep && count === 0) throw emptyMean(where);
    return count;
  }
}

/** The error of `onEmpty: "throw"`. */
function emptyMean(where: string): DataError {
  return new DataError("empty-mean", `${where}: the mean is over no row at all (all are ignored, or there are none)`);
}

/** The loss dtype: f32, f64 if any operand is f64; PyTorch's compat keeps bf16 and f16. */
export function lossDType(logits: FloatDType, target: IndexTarget | DenseTarget, strict: boolean): FloatDType {
  const other = target.kind === "dense" ? target.operand.dtype : logits;
  return strict && logits === other ? logits : resultDType(logits, other);
}

/** Throws unless an upstream gradient is a number, or a floating tensor of the loss's shape. */
export function checkUpstream(
  where: string,
  upstream: number | Tensor | undefined,
  lossShape: readonly number[],
): void {
  if (upstream === undefined || typeof upstream === "number") return;
  if (!(upstream instanceof Tensor)) {
    throw new OptionError("option-value", `${where}: upstream must be a number or a tensor; got ${String(upstream)}`);
  }
  checkFloat(where, "upstream", upstream);
  if (sameShape(upstream.shape, lossShape)) return;
  const message = `${where}: upstream must be a number or of the loss's shape ${show(lossShape)}; got ${show(upstream.shape)}`;
  throw new ShapeError("shape", message, { upstream: upstream.shape, loss: lossShape });
}

/** The gradient arriving from above: a number, or one value per row or for all rows. */
export function lowerUpstream<B extends Backend>(
  where: string,
  job: Job<B>,
  upstream: number | Tensor | undefined,
  lossShape: readonly number[],
  dim: number,
): Operand | number {
  checkUpstream(where, upstream, lossShape);
  if (upstream === undefined) return 1;
  return typeof upstream === "number" ? upstream : job.perRow(upstream, dim);
}
