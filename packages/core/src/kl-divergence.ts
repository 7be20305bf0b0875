import { checkFloat } from "./checks.ts";
import type { Backend } from "./backend.ts";
import { type Upstream, withGrad } from "./binary-cross-entropy.ts";
import type { LossWithGrad } from "./cross-entropy.ts";
import type { DType, FloatDType } from "./dtype.ts";
import { OptionError } from "./errors.ts";
import { checkOptions, oneOf, type Reduction } from "./options.ts";
import { pointwise, type PointwiseResult } from "./pointwise.ts";
import { broadcastShapes, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `klDivergence`. */
export interface KlDivergenceOptions {
  /** Default `"mean"`: divided by the number of elements, as in PyTorch; the divergence per sample is `"batchmean"`. */
  readonly reduction?: Reduction | "batchmean";
  /** The target holds log-probabilities. Default false. */
  readonly logTarget?: boolean;
  /** `"torch"`: a target of 0 where logQ is −∞ gives NaN, as in PyTorch; else 0. */
  readonly compat?: "torch";
}

const OPTIONS = ["reduction", "logTarget", "compat"] as const;

/**
 * Kullback–Leibler divergence `p · (log p − logQ)` per element, in nats, as `torch.nn.functional.kl_div(logQ, p)`: the
 * first argument is the model, as log-probabilities.
 *
 * @param logQ log-probabilities of any shape, floating
 * @param p target probabilities (log-probabilities with `logTarget`), floating; the two shapes broadcast
 * @throws ShapeError `shape`; DTypeError `dtype`; OptionError `option-unknown`, `option-value`
 * @example
 * ```ts
 * import { klDivergence, tensor } from "@surprisal/core";
 * const logQ = tensor([[Math.log(0.5), Math.log(0.5)]]);
 * const loss = klDivergence(logQ, tensor([[0.9, 0.1]]), { reduction: "batchmean" });
 * console.log((await loss.item()).toFixed(4)); // 0.3681
 * ```
 */
export function klDivergence<B extends Backend>(
  logQ: Tensor<DType, B>,
  p: Tensor<DType, B>,
  options: KlDivergenceOptions = {},
): Tensor<FloatDType, B> {
  return divergence("klDivergence", logQ, p, options, OPTIONS, false).output;
}

/**
 * `klDivergence` and its gradient with respect to `logQ`: `−p`.
 *
 * @param logQ as `klDivergence`; of the full shape, not broadcast
 * @param p as `klDivergence`
 * @throws as `klDivergence`
 */
export function klDivergenceWithGrad<B extends Backend>(
  logQ: Tensor<DType, B>,
  p: Tensor<DType, B>,
  options: KlDivergenceOptions & Upstream = {},
): LossWithGrad<B> {
  return withGrad(divergence("klDivergenceWithGrad", logQ, p, options, [...OPTIONS, "upstream"], true));
}

function divergence<B extends Backend>(
  where: string,
  logQ: Tensor<DType, B>,
  p: Tensor<DType, B>,
  options: KlDivergenceOptions & Upstream,
  known: readonly string[],
  gradient: boolean,
): PointwiseResult<B> {
  checkOptions(where, options, known);
  const { logTarget = false, compat } = options;
  const reduction = oneOf(where, "reduction", options.reduction ?? "mean", ["mean", "sum", "none", "batchmean"]);
  if (typeof logTarget !== "boolean") {
    throw new OptionError("option-value", `${where}: logTarget must be true or false; got ${String(logTarget)}`);
  }
  checkFloat(where, "logQ", logQ);
  checkFloat(where, "p", p);
  const shape = broadcastShapes(logQ.shape, p.shape, where);
  const divisor = { mean: sizeOf(shape), batchmean: logQ.shape[0] ?? 1, sum: 1, none: 1 }[reduction];
  return pointwise(where, {
    term: logTarget ? "kl-log-target" : "kl",
    a: logQ,
    b: p,
    shape,
    strict: compat !== undefined && oneOf(where, "compat", compat, ["torch"]) === "torch",
    scale: 1 / divisor,
    total: reduction !== "none",
    gradient,
    upstream: options.upstream,
  });
}
