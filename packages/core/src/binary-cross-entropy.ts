import type { Backend } from "./backend.ts";
import type { LossWithGrad } from "./cross-entropy.ts";
import type { DType, FloatDType } from "./dtype.ts";
import { checkOptions, oneOf, type Reduction } from "./options.ts";
import { checkPair, checkWeight, meanScale, pointwise, type PointwiseResult } from "./pointwise.ts";
import { sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `binaryCrossEntropy`. */
export interface BinaryCrossEntropyOptions {
  /** Default `"mean"`: over all elements, never divided by weights. */
  readonly reduction?: Reduction;
  /** Multiplies each element's loss; broadcasts to the input's shape. */
  readonly weight?: Tensor;
  /** `"torch"`: 0·∞ is NaN, as in PyTorch. */
  readonly compat?: "torch";
}

/** Options of `binaryCrossEntropyWithLogits`. */
export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** Multiplies the positive part of the loss, usually one per class; broadcasts to the input's shape. */
  readonly posWeight?: Tensor;
}

/** The gradient arriving from above. */
export interface Upstream {
  /** A number or a tensor of the loss's shape. Default 1. */
  readonly upstream?: number | Tensor;
}

const OPTIONS = ["reduction", "weight", "compat"] as const;

/**
 * Binary cross entropy of probabilities, as `torch.nn.functional.binary_cross_entropy`:
 * `−weight · (y · max(log p, −100) + (1 − y) · max(log(1 − p), −100))`, in nats.
 *
 * @param p probabilities in [0, 1], any shape, floating
 * @param y targets of the same shape, floating; not limited to [0, 1]
 * @throws ShapeError `target-shape`, `weight-shape`; DTypeError `dtype`; OptionError `option-unknown`, `option-value`;
 *   DataError `value-range` for a p outside [0, 1] or NaN
 * @example
 * ```ts
 * import { binaryCrossEntropy, tensor } from "@surprisal/core";
 * const loss = binaryCrossEntropy(tensor([0.9, 0.2]), tensor([1, 0]));
 * console.log((await loss.item()).toFixed(4)); // 0.1643
 * ```
 */
export function binaryCrossEntropy<B extends Backend>(
  p: Tensor<DType, B>,
  y: Tensor<DType, B>,
  options: BinaryCrossEntropyOptions = {},
): Tensor<FloatDType, B> {
  return binary("binaryCrossEntropy", "binary-probabilities", p, y, options, OPTIONS, false).output;
}

/**
 * `binaryCrossEntropy` and its gradient `weight · (p − y) / max(p · (1 − p), 1e-12)`.
 *
 * @param p as `binaryCrossEntropy`
 * @param y as `binaryCrossEntropy`
 * @throws as `binaryCrossEntropy`
 */
export function binaryCrossEntropyWithGrad<B extends Backend>(
  p: Tensor<DType, B>,
  y: Tensor<DType, B>,
  options: BinaryCrossEntropyOptions & Upstream = {},
): LossWithGrad<B> {
  return withGrad(
    binary("binaryCrossEntropyWithGrad", "binary-probabilities", p, y, options, [...OPTIONS, "upstream"], true),
  );
}

/**
 * Binary cross entropy of logits, as `torch.nn.functional.binary_cross_entropy_with_logits`:
 * `weight · (posWeight · y · softplus(−x) + (1 − y) · softplus(x))`, in nats. Where y or 1 − y is 0 the term is 0, also
 * at infinite logits (PyTorch gives NaN there).
 *
 * @param x logits of any shape, floating
 * @param y targets of the same shape, floating
 * @throws ShapeError `target-shape`, `weight-shape`; DTypeError `dtype`; OptionError `option-unknown`, `option-value`
 * @example
 * ```ts
 * import { binaryCrossEntropyWithLogits, tensor } from "@surprisal/core";
 * const loss = binaryCrossEntropyWithLogits(tensor([2, -1]), tensor([1, 0]));
 * console.log((await loss.item()).toFixed(4)); // 0.2201
 * ```
 */
export function binaryCrossEntropyWithLogits<B extends Backend>(
  x: Tensor<DType, B>,
  y: Tensor<DType, B>,
  options: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor<FloatDType, B> {
  return binary("binaryCrossEntropyWithLogits", "binary-logits", x, y, options, [...OPTIONS, "posWeight"], false)
    .output;
}

/**
 * `binaryCrossEntropyWithLogits` and its gradient `weight · ((posWeight · y + 1 − y) · σ(x) − posWeight · y)`.
 *
 * @param x as `binaryCrossEntropyWithLogits`
 * @param y as `binaryCrossEntropyWithLogits`
 * @throws as `binaryCrossEntropyWithLogits`
 */
export function binaryCrossEntropyWithLogitsWithGrad<B extends Backend>(
  x: Tensor<DType, B>,
  y: Tensor<DType, B>,
  options: BinaryCrossEntropyWithLogitsOptions & Upstream = {},
): LossWithGrad<B> {
  const known = [...OPTIONS, "posWeight", "upstream"];
  return withGrad(binary("binaryCrossEntropyWithLogitsWithGrad", "binary-logits", x, y, options, known, true));
}

/** A pointwise result as the `…WithGrad` twins give it. */
export function withGrad<B extends Backend>({ output, gradient }: PointwiseResult<B>): LossWithGrad<B> {
  if (gradient === undefined) throw new TypeError("a gradient that was asked for is missing");
  return { loss: output, grad: gradient };
}

function binary<B extends Backend>(
  where: string,
  term: "binary-probabilities" | "binary-logits",
  input: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: BinaryCrossEntropyWithLogitsOptions & Upstream,
  known: readonly string[],
  gradient: boolean,
): PointwiseResult<B> {
  checkOptions(where, options, known);
  const { weight, posWeight, upstream, compat } = options;
  const reduction = oneOf(where, "reduction", options.reduction ?? "mean", ["mean", "sum", "none"]);
  const strict = compat !== undefined && oneOf(where, "compat", compat, ["torch"]) === "torch";
  checkPair(where, input, target, term === "binary-logits" ? ["logits", "target"] : ["probabilities", "target"]);
  const { shape } = input;
  checkWeight(where, "weight", weight, shape);
  checkWeight(where, "posWeight", posWeight, shape);
  return pointwise(where, {
    term,
    a: input,
    b: target,
    shape,
    weight,
    positiveWeight: posWeight,
    strict,
    scale: meanScale(reduction, sizeOf(shape)),
    total: reduction !== "none",
    gradient,
    upstream,
  });
}
