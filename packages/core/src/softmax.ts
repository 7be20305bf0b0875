import { checkFloat } from "./checks.ts";
import type { Backend } from "./backend.ts";
import { softmaxKernel } from "./cpu/softmax.ts";
import type { DType, FloatDType } from "./dtype.ts";
import { isFloat, isInteger } from "./dtype.ts";
import { DTypeError, OptionError, ShapeError } from "./errors.ts";
import { Job } from "./job.ts";
import { checkOptions, safeInteger } from "./options.ts";
import type { SoftmaxPlan } from "./plan.ts";
import { normalizeDim, rowsOf, sameShape, show } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** The dim along which a distribution is made. */
export interface SoftmaxOptions {
  /** Default −1. */
  readonly dim?: number;
}

/** Options of `logSumExp`. */
export interface LogSumExpOptions extends SoftmaxOptions {
  /** Keep the reduced dim with size 1. Default false. */
  readonly keepDim?: boolean;
}

/**
 * `exp(x_j) / Σ_k exp(x_k)` along `dim`, from differences to the maximum. A row of −∞ only, with +∞ or with NaN gives NaN.
 *
 * @param x any shape, floating; a scalar counts as one class
 * @returns the same shape and dtype
 * @throws DTypeError `dtype`; OptionError `option-unknown`, `dim`
 * @example
 * ```ts
 * import { softmax, tensor } from "@surprisal/core";
 * await softmax(tensor([[1, 2, 3]]), { dim: 1 }).print(); // tensor([[0.0900, 0.2447, 0.6652]])
 * ```
 */
export function softmax<B extends Backend>(x: Tensor<DType, B>, options: SoftmaxOptions = {}): Tensor<FloatDType, B> {
  return run("softmax", "softmax", x, undefined, options);
}

/**
 * `x_j − log Σ_k exp(x_k)` along `dim`, in nats.
 *
 * @param x any shape, floating; a scalar counts as one class
 * @returns the same shape and dtype
 * @throws as `softmax`
 * @example
 * ```ts
 * import { logSoftmax, tensor } from "@surprisal/core";
 * await logSoftmax(tensor([[1, 2, 3]]), { dim: 1 }).print(); // tensor([[-2.4076, -1.4076, -0.4076]])
 * ```
 */
export function logSoftmax<B extends Backend>(
  x: Tensor<DType, B>,
  options: SoftmaxOptions = {},
): Tensor<FloatDType, B> {
  return run("logSoftmax", "log-softmax", x, undefined, options);
}

/**
 * `log Σ_k exp(x_k)` along `dim`, in nats: −∞ for a row of −∞ only (and an empty one), +∞ where there is a +∞.
 *
 * @param x any shape; integers count as f32
 * @returns x's shape without `dim` (with size 1 for `keepDim`)
 * @throws as `softmax`
 * @example
 * ```ts
 * import { logSumExp, tensor } from "@surprisal/core";
 * console.log((await logSumExp(tensor([1000, 1000])).item()).toFixed(4)); // 1000.6932
 * ```
 */
export function logSumExp<B extends Backend>(
  x: Tensor<DType, B>,
  options: LogSumExpOptions = {},
): Tensor<FloatDType, B> {
  return run("logSumExp", "log-sum-exp", x, undefined, options);
}

/**
 * Gradient of `softmax` at `x`: `y_j · (g_j − Σ_k g_k y_k)` with `y = softmax(x)`.
 *
 * @param x the input of `softmax` (not its output)
 * @param upstream gradient arriving from above, of x's shape
 * @throws as `softmax`; ShapeError `shape`
 */
export function softmaxGrad<B extends Backend>(
  x: Tensor<DType, B>,
  upstream: Tensor<DType, B>,
  options: SoftmaxOptions = {},
): Tensor<FloatDType, B> {
  return run("softmaxGrad", "softmax", x, upstream, options);
}

/**
 * Gradient of `logSoftmax` at `x`: `g_j − softmax(x)_j · Σ_k g_k`.
 *
 * @param x the input of `logSoftmax` (not its output)
 * @param upstream gradient arriving from above, of x's shape
 * @throws as `softmax`; ShapeError `shape`
 */
export function logSoftmaxGrad<B extends Backend>(
  x: Tensor<DType, B>,
  upstream: Tensor<DType, B>,
  options: SoftmaxOptions = {},
): Tensor<FloatDType, B> {
  return run("logSoftmaxGrad", "log-softmax", x, upstream, options);
}

/**
 * Gradient of `logSumExp` at `x`: `g · exp(x_j − logSumExp(x))`.
 *
 * @param x the input of `logSumExp`
 * @param upstream gradient arriving from above, of the shape of `logSumExp(x, options)`
 * @throws as `softmax`; ShapeError `shape`
 */
export function logSumExpGrad<B extends Backend>(
  x: Tensor<DType, B>,
  upstream: Tensor<DType, B>,
  options: LogSumExpOptions = {},
): Tensor<FloatDType, B> {
  return run("logSumExpGrad", "log-sum-exp", x, upstream, options);
}

function run<B extends Backend>(
  where: string,
  of: SoftmaxPlan["of"],
  x: Tensor<DType, B>,
  upstream: Tensor<DType, B> | undefined,
  options: LogSumExpOptions,
): Tensor<FloatDType, B> {
  const reduced = of === "log-sum-exp";
  checkOptions(where, options, reduced ? ["dim", "keepDim"] : ["dim"]);
  const { keepDim = false } = options;
  if (typeof keepDim !== "boolean") {
    throw new OptionError("option-value", `${where}: keepDim must be true or false; got ${String(keepDim)}`);
  }
  const dim = normalizeDim(safeInteger(where, "dim", options.dim ?? -1), x.rank, where);
  const dtype = reduced && isInteger(x.dtype) ? "f32" : checkFloat(where, "x", x);
  const rows = rowsOf(x.shape, dim);
  const valueShape = reduced ? x.shape.toSpliced(dim, 1, ...(keepDim && x.rank > 0 ? [1] : [])) : x.shape;
  const job = new Job(x.backend, where);
  const output = job.output(upstream === undefined ? valueShape : x.shape, dtype);
  job.add({
    kind: "softmax",
    onCpu: softmaxKernel,
    of,
    rows,
    input: job.alongDim(x, dim),
    upstream: upstream && lower(upstream),
    output: reduced && upstream === undefined ? output.perRow(rows) : output.perElement(rows),
  });
  job.run();
  return output.tensor();

  function lower(gradient: Tensor): SoftmaxPlan["input"] {
    if (!isFloat(gradient.dtype))
      throw new DTypeError("dtype", `${where}: upstream must be floating; got ${gradient.dtype}`);
    if (!sameShape(gradient.shape, valueShape)) {
      throw new ShapeError("shape", `${where}: upstream must be ${show(valueShape)}; got ${show(gradient.shape)}`);
    }
    if (!reduced || keepDim) return job.alongDim(gradient, dim);
    return job.perRow(gradient, dim);
  }
}
