import { checkFloat } from "./checks.ts";
import type { Backend } from "./backend.ts";
import type { DType, FloatDType } from "./dtype.ts";
import { checkOptions, oneOf, type Reduction } from "./options.ts";
import type { PointwiseTerm } from "./plan.ts";
import { checkPair, meanScale, pointwise } from "./pointwise.ts";
import { normalizeDim, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `entropy`, `distributionCrossEntropy` and `distributionKlDivergence`. */
export interface DistributionOptions {
  /** Over the distributions: `"mean"` (default), `"sum"`, or `"none"` for one number each. */
  readonly reduction?: Reduction;
  /** The dim along which probabilities sum to 1. Default −1. */
  readonly dim?: number;
  /** `"e"` (default) for nats, 2 for bits. */
  readonly base?: "e" | 2;
}

/**
 * Entropy `−Σ p log p` of distributions given as probabilities (Shannon 1948); `0 · log 0` is 0.
 *
 * @param p probabilities of any shape, floating; not checked to sum to 1
 * @throws DTypeError `dtype`; OptionError `option-unknown`, `option-value`, `dim`
 * @example
 * ```ts
 * import { entropy, tensor } from "@surprisal/core";
 * console.log(await entropy(tensor([0.5, 0.25, 0.25]), { base: 2 }).item()); // 1.5
 * ```
 */
export function entropy<B extends Backend>(
  p: Tensor<DType, B>,
  options: DistributionOptions = {},
): Tensor<FloatDType, B> {
  return distribution("entropy", "entropy", p, undefined, options);
}

/**
 * Cross entropy `−Σ p log q` of two distributions given as probabilities: `entropy(p) + distributionKlDivergence(p, q)`.
 * A class with p = 0 contributes nothing; p > 0 where q = 0 gives ∞. For logits use `crossEntropy`.
 *
 * @param p the true distribution, any shape, floating
 * @param q the model's, of the same shape, floating
 * @throws ShapeError `target-shape`; DTypeError `dtype`; OptionError `option-unknown`, `option-value`, `dim`
 * @example
 * ```ts
 * import { distributionCrossEntropy, tensor } from "@surprisal/core";
 * const p = tensor([0.5, 0.5]);
 * console.log(await distributionCrossEntropy(p, tensor([0.25, 0.75]), { base: 2 }).item()); // 1.2075…
 * ```
 */
export function distributionCrossEntropy<B extends Backend>(
  p: Tensor<DType, B>,
  q: Tensor<DType, B>,
  options: DistributionOptions = {},
): Tensor<FloatDType, B> {
  return distribution("distributionCrossEntropy", "distribution-cross-entropy", p, q, options);
}

/**
 * Kullback–Leibler divergence `Σ p log(p / q)` of two distributions given as probabilities.
 *
 * @param p the true distribution, any shape, floating
 * @param q the model's, of the same shape, floating
 * @throws as `distributionCrossEntropy`
 * @example
 * ```ts
 * import { distributionKlDivergence, tensor } from "@surprisal/core";
 * const p = tensor([0.5, 0.5]);
 * console.log(await distributionKlDivergence(p, p).item()); // 0
 * ```
 */
export function distributionKlDivergence<B extends Backend>(
  p: Tensor<DType, B>,
  q: Tensor<DType, B>,
  options: DistributionOptions = {},
): Tensor<FloatDType, B> {
  return distribution("distributionKlDivergence", "distribution-kl", p, q, options);
}

function distribution<B extends Backend>(
  where: string,
  term: PointwiseTerm,
  p: Tensor<DType, B>,
  q: Tensor<DType, B> | undefined,
  options: DistributionOptions,
): Tensor<FloatDType, B> {
  checkOptions(where, options, ["reduction", "dim", "base"]);
  const reduction = oneOf(where, "reduction", options.reduction ?? "mean", ["mean", "sum", "none"]);
  const base = oneOf(where, "base", String(options.base ?? "e"), ["e", "2"]);
  checkFloat(where, "p", p);
  if (q !== undefined) checkPair(where, p, q, ["p", "q"]);
  const dim = normalizeDim(options.dim ?? -1, p.rank, where);
  const shape = p.rank === 0 ? [1] : p.shape;
  const { output } = pointwise(where, {
    term,
    a: p,
    ...(q && { b: q }),
    shape,
    scale: meanScale(reduction, sizeOf(shape.toSpliced(dim, 1))) / (base === "2" ? Math.LN2 : 1),
    dim,
    total: reduction !== "none",
  });
  return output;
}
