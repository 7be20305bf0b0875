import type { Backend } from "./backend.ts";
import { CROSS_ENTROPY_OPTIONS, type CrossEntropyOptions } from "./cross-entropy.ts";
import type { DType, FloatDType } from "./dtype.ts";
import { resolve } from "./lower.ts";
import { pointwise } from "./pointwise.ts";
import { rowLoss } from "./row-loss.ts";
import type { Tensor } from "./tensor.ts";

/**
 * `exp` of the mean cross entropy in nats; with reduction `"none"`, of each row's loss.
 *
 * @param logits as `crossEntropy`
 * @param target as `crossEntropy`
 * @throws as `crossEntropy`
 * @example
 * ```ts
 * import { perplexity, tensor } from "@surprisal/core";
 * const logits = tensor([[0, 0, 0, 0]]);
 * console.log(await perplexity(logits, tensor([2], [1], { dtype: "i64" })).item()); // 4
 * ```
 */
export function perplexity<B extends Backend>(
  logits: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: CrossEntropyOptions = {},
): Tensor<FloatDType, B> {
  const where = "perplexity";
  const resolved = resolve(where, options, CROSS_ENTROPY_OPTIONS);
  const loss = rowLoss({ where, logits, target, resolved });
  try {
    return pointwise(where, { term: "exp", a: loss, shape: loss.shape, scale: 1, total: false }).output;
  } finally {
    loss.dispose();
  }
}
