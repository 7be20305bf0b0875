import type { Backend } from "./backend.ts";
import type { LossWithGrad } from "./cross-entropy.ts";
import type { DType, FloatDType } from "./dtype.ts";
import { resolve } from "./lower.ts";
import type { Reduction } from "./options.ts";
import { rowLossWithGradients } from "./row-loss-gradients.ts";
import { rowLoss } from "./row-loss.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `nllLoss`. */
export interface NllLossOptions {
  /** Default `"mean"`: divided by the sum of the weights of the kept rows' targets. */
  readonly reduction?: Reduction;
  /** One weight per class, `[C]`, of the inputs' dtype. */
  readonly weight?: Tensor;
  /** Default −100. */
  readonly ignoreIndex?: number;
  /** A mean over no row: `"nan"` (default), `"zero"` or `"throw"`. */
  readonly onEmpty?: "nan" | "zero" | "throw";
  /** `"torch"`: 0·∞ is NaN, as in PyTorch. */
  readonly compat?: "torch";
}

const FORM = { normalized: true, indexOnly: true } as const;
const OPTIONS: readonly (keyof NllLossOptions)[] = ["reduction", "weight", "ignoreIndex", "onEmpty", "compat"];

/**
 * Negative log-likelihood: `−weight_y · logProbs_y` per row, as `torch.nn.functional.nll_loss`.
 *
 * @param logProbs log-probabilities `[C]`, `[N, C]` or `[N, C, d1 … dK]` in nats (not checked to be normalised)
 * @param target class indices, any integer dtype, of that shape without C
 * @throws as `crossEntropy`
 * @example
 * ```ts
 * import { logSoftmax, nllLoss, tensor } from "@surprisal/core";
 * const logProbs = logSoftmax(tensor([[0.8, 0.2], [0.3, 0.7], [0.7, 0.3]]), { dim: 1 });
 * const loss = nllLoss(logProbs, tensor([0, 1, 0], [3], { dtype: "i64" }));
 * console.log((await loss.item()).toFixed(4)); // 0.4878
 * ```
 */
export function nllLoss<B extends Backend>(
  logProbs: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: NllLossOptions = {},
): Tensor<FloatDType, B> {
  const resolved = resolve("nllLoss", options, OPTIONS);
  return rowLoss({ ...FORM, where: "nllLoss", logits: logProbs, target, resolved });
}

/**
 * `nllLoss` and its gradient `−weight_y · upstream / divisor` at the target class, 0 elsewhere.
 *
 * @param logProbs as `nllLoss`
 * @param target as `nllLoss`
 * @throws as `crossEntropyWithGrad`
 */
export function nllLossWithGrad<B extends Backend>(
  logProbs: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: NllLossOptions & { readonly upstream?: number | Tensor } = {},
): LossWithGrad<B> {
  const where = "nllLossWithGrad";
  const resolved = resolve(where, options, [...OPTIONS, "upstream"]);
  const { upstream } = options;
  const { loss, grad } = rowLossWithGradients({ ...FORM, where, logits: logProbs, target, resolved }, { upstream });
  return { loss, grad };
}
