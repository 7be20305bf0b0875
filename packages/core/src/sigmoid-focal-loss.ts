import type { Backend } from "./backend.ts";
import { type Upstream, withGrad } from "./binary-cross-entropy.ts";
import type { LossWithGrad } from "./cross-entropy.ts";
import type { DType, FloatDType } from "./dtype.ts";
import { checkOptions, finite, oneOf, type Reduction } from "./options.ts";
import { checkPair, checkWeight, meanScale, pointwise, type PointwiseResult } from "./pointwise.ts";
import { sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `sigmoidFocalLoss`. */
export interface SigmoidFocalLossOptions {
  /** Default `"none"`, as in torchvision; the mean is over all elements. */
  readonly reduction?: Reduction;
  /** Weight of the positives, `1 − alpha` of the negatives; negative switches it off. Default 0.25. */
  readonly alpha?: number;
  /** γ ≥ 0 of `(1 − p_t)^γ`. Default 2. */
  readonly gamma?: number;
  /** Multiplies each element's loss; broadcasts to the input's shape. */
  readonly weight?: Tensor;
}

const OPTIONS = ["reduction", "alpha", "gamma", "weight"] as const;

/**
 * Focal loss for independent binary targets, as `torchvision.ops.sigmoid_focal_loss` (Lin et al. 2017):
 * `alpha_t · (1 − p_t)^gamma · binaryCrossEntropyWithLogits(x, y)` with `p_t = y·σ(x) + (1 − y)·(1 − σ(x))`, in log space.
 *
 * @param x logits of any shape, floating
 * @param y targets in [0, 1] of the same shape, floating
 * @throws ShapeError `target-shape`, `weight-shape`; DTypeError `dtype`; OptionError `option-unknown`, `option-value`
 * @example
 * ```ts
 * import { sigmoidFocalLoss, tensor } from "@surprisal/core";
 * const loss = sigmoidFocalLoss(tensor([2, -1]), tensor([1, 0]), { reduction: "mean" });
 * console.log((await loss.item()).toExponential(3)); // 8.722e-3
 * ```
 */
export function sigmoidFocalLoss<B extends Backend>(
  x: Tensor<DType, B>,
  y: Tensor<DType, B>,
  options: SigmoidFocalLossOptions = {},
): Tensor<FloatDType, B> {
  return focal("sigmoidFocalLoss", x, y, options, OPTIONS, false).output;
}

/**
 * `sigmoidFocalLoss` and its gradient with respect to the logits.
 *
 * @param x as `sigmoidFocalLoss`
 * @param y as `sigmoidFocalLoss`
 * @throws as `sigmoidFocalLoss`
 */
export function sigmoidFocalLossWithGrad<B extends Backend>(
  x: Tensor<DType, B>,
  y: Tensor<DType, B>,
  options: SigmoidFocalLossOptions & Upstream = {},
): LossWithGrad<B> {
  return withGrad(focal("sigmoidFocalLossWithGrad", x, y, options, [...OPTIONS, "upstream"], true));
}

function focal<B extends Backend>(
  where: string,
  x: Tensor<DType, B>,
  y: Tensor<DType, B>,
  options: SigmoidFocalLossOptions & Upstream,
  known: readonly string[],
  gradient: boolean,
): PointwiseResult<B> {
  checkOptions(where, options, known);
  const reduction = oneOf(where, "reduction", options.reduction ?? "none", ["mean", "sum", "none"]);
  checkPair(where, x, y, ["logits", "target"]);
  checkWeight(where, "weight", options.weight, x.shape);
  return pointwise(where, {
    term: "focal-logits",
    a: x,
    b: y,
    shape: x.shape,
    weight: options.weight,
    alpha: finite(where, "alpha", options.alpha ?? 0.25),
    gamma: finite(where, "gamma", options.gamma ?? 2, 0),
    scale: meanScale(reduction, sizeOf(x.shape)),
    total: reduction !== "none",
    gradient,
    upstream: options.upstream,
  });
}
