import type { Backend } from "./backend.ts";
import { crossEntropyStatsKernel } from "./cpu/cross-entropy-stats.ts";
import { CROSS_ENTROPY_OPTIONS, type CrossEntropyOptions } from "./cross-entropy.ts";
import type { DType, FloatDType } from "./dtype.ts";
import { resolve } from "./lower.ts";
import { type Besides, type LoweredRowLoss, rowLossBesides } from "./row-loss.ts";
import type { Tensor } from "./tensor.ts";

/** One value per row for each of these, in the shape of class indices. */
export interface CrossEntropyStats<B extends Backend = Backend> {
  /** As `crossEntropy` with `reduction: "none"`, in nats; 0 for ignored rows. */
  readonly loss: Tensor<FloatDType, B>;
  /** Largest logit (after `logitScale` and `softcap`). */
  readonly max: Tensor<FloatDType, B>;
  /** `log Σ exp(x_j − max)`: the log-sum-exp is `max + logSum`, and this pair keeps the digits that the sum would lose. */
  readonly logSum: Tensor<FloatDType, B>;
  /** Class of the largest logit, the first one if there are several; i32. */
  readonly predicted: Tensor<"i32", B>;
  /** 1 for the most probable class; ties are ranked by class index. 0 for ignored rows. i32. */
  readonly rank: Tensor<"i32", B>;
  /** Entropy of `softmax(logits)`, in nats. */
  readonly entropy: Tensor<FloatDType, B>;
  /** Softmax probability of the target class; 0 for ignored rows. */
  readonly probability: Tensor<FloatDType, B>;
}

/**
 * What an evaluation wants to know of every row, in one pass: loss, maximum and log-sum, predicted class, rank and
 * probability of the target, entropy. With target probabilities, "the target" is their largest entry.
 *
 * @param logits as `crossEntropy`
 * @param target as `crossEntropy`
 * @throws as `crossEntropy`
 * @example
 * ```ts
 * import { crossEntropyStats, tensor } from "@surprisal/core";
 * const stats = crossEntropyStats(tensor([[1, 3, 2]]), tensor([2], [1], { dtype: "i64" }));
 * console.log(await stats.predicted.item(), await stats.rank.item()); // 1 2
 * ```
 */
export function crossEntropyStats<B extends Backend>(
  logits: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: Omit<CrossEntropyOptions, "reduction" | "normalizer" | "onEmpty"> = {},
): CrossEntropyStats<B> {
  const where = "crossEntropyStats";
  const known = CROSS_ENTROPY_OPTIONS.filter((name) => !["reduction", "normalizer", "onEmpty"].includes(name));
  const resolved = { ...resolve(where, options, known), reduction: "none" as const };
  const { loss, results } = rowLossBesides({ where, logits, target, resolved }, statistics);
  return { loss, ...results };
}

function statistics<B extends Backend>({
  job,
  geometry,
  lossDType,
}: LoweredRowLoss<B>): Besides<Omit<CrossEntropyStats<B>, "loss">> {
  const { rows, rowShape } = geometry;
  const max = job.output(rowShape, lossDType);
  const logSum = job.output(rowShape, lossDType);
  const predicted = job.output(rowShape, "i32");
  const rank = job.output(rowShape, "i32");
  const entropy = job.output(rowShape, lossDType);
  const probability = job.output(rowShape, lossDType);
  return {
    onCpu: crossEntropyStatsKernel,
    stats: {
      max: max.perRow(rows),
      logSum: logSum.perRow(rows),
      predicted: predicted.perRow(rows),
      rank: rank.perRow(rows),
      entropy: entropy.perRow(rows),
      probability: probability.perRow(rows),
    },
    upstream: 1,
    gradient: undefined,
    targetGradient: undefined,
    results: () => ({
      max: max.tensor(),
      logSum: logSum.tensor(),
      predicted: predicted.tensor(),
      rank: rank.tensor(),
      entropy: entropy.tensor(),
      probability: probability.tensor(),
    }),
  };
}
