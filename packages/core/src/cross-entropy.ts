import type { Backend } from "./backend.ts";
import type { DType, FloatDType } from "./dtype.ts";
import { OptionError } from "./errors.ts";
import { resolve } from "./lower.ts";
import { oneOf, type Reduction } from "./options.ts";
import { rowLossWithGradients } from "./row-loss-gradients.ts";
import { rowLoss } from "./row-loss.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `crossEntropy`. Formulas and edge cases: docs/semantics.md. */
export interface CrossEntropyOptions {
  /** `"mean"` (default), `"sum"`, or `"none"` for one loss per row. */
  readonly reduction?: Reduction;
  /** One weight per class, `[C]`, of the logits' dtype. */
  readonly weight?: Tensor;
  /** Rows whose class index has this value give loss 0 and gradient 0 and are left out of the mean. Default −100. */
  readonly ignoreIndex?: number;
  /** ε in [0, 1]: target mass `1 − ε` on the target, `ε / C` on every class. Default 0. */
  readonly labelSmoothing?: number;
  /** One weight per row, in the target indices' shape; also weighs the row in the mean. 0 leaves the row out. */
  readonly rowWeight?: Tensor;
  /** Multiplies the logits first (1 / temperature). Default 1. */
  readonly logitScale?: number;
  /** c > 0: logits become `c · tanh(logits / c)`, after `logitScale`. */
  readonly softcap?: number;
  /** λ ≥ 0: adds `λ · (log Σ exp logits)²` to each row. Default 0. */
  readonly zLoss?: number;
  /** Divides the sum instead of the mean's own divisor, e.g. by the token count of a whole accumulated batch. */
  readonly normalizer?: number;
  /** A mean over no row: `"nan"` (default, as PyTorch), `"zero"`, or `"throw"`. */
  readonly onEmpty?: "nan" | "zero" | "throw";
  /** `"torch"`: PyTorch's own answers in the declared corners too (docs/semantics.md, Declared corners). */
  readonly compat?: "torch";
}

/** Options of `crossEntropyWithGrad`. */
export interface CrossEntropyGradOptions extends CrossEntropyOptions {
  /** Gradient arriving from above: a number or a tensor of the loss's shape. Default 1. */
  readonly upstream?: number | Tensor;
  /** `"logits"`: write the gradient over the logits, which saves its memory; `grad` is then the logits tensor itself. */
  readonly into?: "logits";
  /** Also give the gradient with respect to target probabilities. */
  readonly targetGrad?: boolean;
}

/** A loss with its gradient with respect to the logits. */
export interface LossWithGrad<B extends Backend = Backend> {
  /** In nats; `[]`, or with `reduction: "none"` one value for each row or element. */
  readonly loss: Tensor<FloatDType, B>;
  /** Of the logits' shape and dtype. */
  readonly grad: Tensor<FloatDType, B>;
}

/** What `crossEntropyWithGrad` gives. */
export interface CrossEntropyWithGrad<B extends Backend = Backend> extends LossWithGrad<B> {
  /** Of the target's shape and dtype; only with `targetGrad: true`. */
  readonly targetGrad: Tensor<FloatDType, B> | undefined;
}

/** Option names, for checking. */
export const CROSS_ENTROPY_OPTIONS: readonly (keyof CrossEntropyOptions)[] = [
  "reduction",
  "weight",
  "ignoreIndex",
  "labelSmoothing",
  "rowWeight",
  "logitScale",
  "softcap",
  "zLoss",
  "normalizer",
  "onEmpty",
  "compat",
];

/**
 * Cross entropy in nats between `softmax(logits)` and a target, as `torch.nn.functional.cross_entropy`. With target mass
 * `q_j` per class (`[j = y]` for index y), a row's loss is `Σ q_j · (log Σ_k exp x_k − x_j)`, computed from the maximum
 * and the sum of all other exponentials, so that near-zero losses keep all their digits.
 *
 * @param logits `[C]`, `[N, C]` or `[N, C, d1 … dK]`; f32, f64, f16 or bf16 (arithmetic in f32 or better)
 * @param target class indices (any integer dtype) of the logits' shape without C, or floating probabilities of the
 *   logits' shape; only the shape tells them apart
 * @returns a scalar, or for reduction `"none"` one loss per row; f32 (f64 if an operand is f64)
 * @throws ShapeError `rank`, `target-shape`, `weight-shape`; DTypeError `dtype`, `target-dtype`, `weight-dtype`;
 *   OptionError `option-unknown`, `option-value`; DataError `target-range` (an index outside [0, C) that is not
 *   `ignoreIndex`), `empty-mean`; BackendError `backend-mismatch`, `backend-refused`, `memory`; DisposedError `disposed`
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 * @example
 * ```ts
 * import { crossEntropy, tensor } from "@surprisal/core";
 * using logits = tensor([[0.8, 0.2], [0.3, 0.7], [0.7, 0.3]]);
 * using target = tensor([0, 1, 0], [3], { dtype: "i64" });
 * using loss = crossEntropy(logits, target);
 * console.log((await loss.item()).toFixed(4)); // 0.4878
 * ```
 */
export function crossEntropy<B extends Backend>(
  logits: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: CrossEntropyOptions = {},
): Tensor<FloatDType, B> {
  const resolved = resolve("crossEntropy", options, CROSS_ENTROPY_OPTIONS);
  return rowLoss({ where: "crossEntropy", logits, target, resolved });
}

/**
 * `crossEntropy` and its gradient in one pass over the logits: `upstream / divisor · (S · softmax(x)_j − q_j)` with
 * `S = Σ q_j`. Memory beyond inputs and outputs does not grow with the logits.
 *
 * @param logits as `crossEntropy`
 * @param target as `crossEntropy`
 * @throws as `crossEntropy`; ShapeError `shape` for an upstream of another shape than the loss; OptionError
 *   `option-value` for `targetGrad` with class indices, and for `into` with logits that cannot be written in place
 * @example
 * ```ts
 * import { crossEntropyWithGrad, tensor } from "@surprisal/core";
 * const logits = tensor([[17, 0]]);
 * const target = tensor([0], [1], { dtype: "i64" });
 * const { loss, grad } = crossEntropyWithGrad(logits, target);
 * console.log((await loss.item()).toExponential(4)); // 4.1399e-8
 * await grad.print();
 * ```
 */
export function crossEntropyWithGrad<B extends Backend>(
  logits: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: CrossEntropyGradOptions = {},
): CrossEntropyWithGrad<B> {
  const where = "crossEntropyWithGrad";
  const resolved = resolve(where, options, [...CROSS_ENTROPY_OPTIONS, "upstream", "into", "targetGrad"]);
  const { upstream, into, targetGrad = false } = options;
  if (into !== undefined) oneOf(where, "into", into, ["logits"]);
  if (typeof targetGrad !== "boolean") {
    throw new OptionError("option-value", `${where}: targetGrad must be true or false; got ${String(targetGrad)}`);
  }
  return rowLossWithGradients({ where, logits, target, resolved }, { upstream, into, targetGradient: targetGrad });
}
