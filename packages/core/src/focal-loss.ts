import type { Backend } from "./backend.ts";
import type { LossWithGrad } from "./cross-entropy.ts";
import type { DType, FloatDType } from "./dtype.ts";
import { resolve } from "./lower.ts";
import type { Reduction } from "./options.ts";
import { rowLossWithGradients } from "./row-loss-gradients.ts";
import { rowLoss } from "./row-loss.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `focalLoss`. */
export interface FocalLossOptions {
  /** Default `"mean"`, with the divisor of `crossEntropy`: at `gamma: 0, alpha: 1` the two are equal. */
  readonly reduction?: Reduction;
  /** Multiplies every loss. Default 1; a per-class alpha is `weight`. */
  readonly alpha?: number;
  /** γ ≥ 0 of `(1 − p_y)^γ`. Default 2. */
  readonly gamma?: number;
  /** One weight per class, `[C]`, of the logits' dtype. */
  readonly weight?: Tensor;
  /** Default −100. */
  readonly ignoreIndex?: number;
  /** A mean over no row: `"nan"` (default), `"zero"` or `"throw"`. */
  readonly onEmpty?: "nan" | "zero" | "throw";
  /** `"torch"`: 0·∞ is NaN, as in PyTorch. */
  readonly compat?: "torch";
}

const OPTIONS: readonly (keyof FocalLossOptions)[] = [
  "reduction",
  "alpha",
  "gamma",
  "weight",
  "ignoreIndex",
  "onEmpty",
  "compat",
];

/**
 * Multi-class focal loss `−alpha · weight_y · (1 − p_y)^gamma · log p_y` (Lin et al. 2017, Focal Loss for Dense Object
 * Detection), with `1 − p_y` from `expm1` so that confident rows keep their digits.
 *
 * @param logits `[C]`, `[N, C]` or `[N, C, d1 … dK]`, floating
 * @param target class indices, any integer dtype, of that shape without C
 * @throws as `crossEntropy`
 * @example
 * ```ts
 * import { focalLoss, tensor } from "@surprisal/core";
 * const loss = focalLoss(tensor([[2, 0, -1]]), tensor([0], [1], { dtype: "i64" }), { gamma: 2 });
 * console.log((await loss.item()).toFixed(4)); // 0.0041
 * ```
 */
export function focalLoss<B extends Backend>(
  logits: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: FocalLossOptions = {},
): Tensor<FloatDType, B> {
  const resolved = resolve("focalLoss", { ...options, gamma: options.gamma ?? 2 }, OPTIONS);
  return rowLoss({ where: "focalLoss", logits, target, resolved, indexOnly: true });
}

/**
 * `focalLoss` and its gradient with respect to the logits.
 *
 * @param logits as `focalLoss`
 * @param target as `focalLoss`
 * @throws as `crossEntropyWithGrad`
 */
export function focalLossWithGrad<B extends Backend>(
  logits: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: FocalLossOptions & { readonly upstream?: number | Tensor } = {},
): LossWithGrad<B> {
  const where = "focalLossWithGrad";
  const resolved = resolve(where, { ...options, gamma: options.gamma ?? 2 }, [...OPTIONS, "upstream"]);
  const { upstream } = options;
  const { loss, grad } = rowLossWithGradients({ where, logits, target, resolved, indexOnly: true }, { upstream });
  return { loss, grad };
}
