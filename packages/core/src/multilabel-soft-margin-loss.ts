import type { Backend } from "./backend.ts";
import { type Upstream, withGrad } from "./binary-cross-entropy.ts";
import type { LossWithGrad } from "./cross-entropy.ts";
import type { DType, FloatDType } from "./dtype.ts";
import { ShapeError } from "./errors.ts";
import { checkOptions, oneOf, type Reduction } from "./options.ts";
import { checkPair, checkWeight, meanScale, pointwise, type PointwiseResult } from "./pointwise.ts";
import { sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `multilabelSoftMarginLoss`. */
export interface MultilabelSoftMarginLossOptions {
  /** Default `"mean"`. */
  readonly reduction?: Reduction;
  /** Multiplies each element's loss; broadcasts to the input's shape, usually one per class. */
  readonly weight?: Tensor;
  /** `"torch"`: 0·∞ is NaN, as in PyTorch. */
  readonly compat?: "torch";
}

const OPTIONS = ["reduction", "weight", "compat"] as const;

/**
 * `torch.nn.functional.multilabel_soft_margin_loss`: binary cross entropy with logits, averaged over the last dim (the
 * classes), then reduced over the rest.
 *
 * @param x logits `[…, C]`, floating
 * @param y targets of the same shape, floating
 * @throws ShapeError `rank`, `target-shape`, `weight-shape`; DTypeError `dtype`; OptionError `option-unknown`, `option-value`
 * @example
 * ```ts
 * import { multilabelSoftMarginLoss, tensor } from "@surprisal/core";
 * const loss = multilabelSoftMarginLoss(tensor([[2, -1, 0]]), tensor([[1, 0, 1]]));
 * console.log((await loss.item()).toFixed(4)); // 0.3778
 * ```
 */
export function multilabelSoftMarginLoss<B extends Backend>(
  x: Tensor<DType, B>,
  y: Tensor<DType, B>,
  options: MultilabelSoftMarginLossOptions = {},
): Tensor<FloatDType, B> {
  return softMargin("multilabelSoftMarginLoss", x, y, options, OPTIONS, false).output;
}

/**
 * `multilabelSoftMarginLoss` and its gradient with respect to the logits.
 *
 * @param x as `multilabelSoftMarginLoss`
 * @param y as `multilabelSoftMarginLoss`
 * @throws as `multilabelSoftMarginLoss`
 */
export function multilabelSoftMarginLossWithGrad<B extends Backend>(
  x: Tensor<DType, B>,
  y: Tensor<DType, B>,
  options: MultilabelSoftMarginLossOptions & Upstream = {},
): LossWithGrad<B> {
  return withGrad(softMargin("multilabelSoftMarginLossWithGrad", x, y, options, [...OPTIONS, "upstream"], true));
}

function softMargin<B extends Backend>(
  where: string,
  x: Tensor<DType, B>,
  y: Tensor<DType, B>,
  options: MultilabelSoftMarginLossOptions & Upstream,
  known: readonly string[],
  gradient: boolean,
): PointwiseResult<B> {
  checkOptions(where, options, known);
  const reduction = oneOf(where, "reduction", options.reduction ?? "mean", ["mean", "sum", "none"]);
  const strict = options.compat !== undefined && oneOf(where, "compat", options.compat, ["torch"]) === "torch";
  if (x.rank === 0) throw new ShapeError("rank", `${where}: logits must be […, C]; got a scalar`);
  checkPair(where, x, y, ["logits", "target"]);
  checkWeight(where, "weight", options.weight, x.shape);
  const dim = x.rank - 1;
  const classes = x.shape[dim] ?? 1;
  return pointwise(where, {
    term: "soft-margin",
    a: x,
    b: y,
    shape: x.shape,
    weight: options.weight,
    strict,
    scale: meanScale(reduction, sizeOf(x.shape.slice(0, dim))) / classes,
    dim,
    total: reduction !== "none",
    gradient,
    upstream: options.upstream,
  });
}
