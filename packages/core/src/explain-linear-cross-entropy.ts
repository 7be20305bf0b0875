import { bytesOf } from "./dtype.ts";
import { splitGradients, type LinearCrossEntropyGradOptions, lowerLayer } from "./linear-cross-entropy.ts";
import { FILTER_CLASSES } from "./plan.ts";
import type { Tensor } from "./tensor.ts";

/** How a call would run, and what it costs. */
export interface LinearCrossEntropyExplanation {
  /** Positions: the product of hidden's dims but the last. */
  readonly rows: number;
  /** First dim of the weight. */
  readonly classes: number;
  /** Last dim of hidden and of the weight. */
  readonly features: number;
  /** Parts that are computed one after the other. */
  readonly blocks: number;
  /** Rows of a part. */
  readonly blockRows: number;
  /** Classes of a part. */
  readonly blockClasses: number;
  /** Classes of a span that `gradientFilter` leaves out or keeps; undefined where nothing is filtered. */
  readonly filterClasses: number | undefined;
  /** Multiplications and additions of all matrix products, those among them that are made again rather than kept: with a filter at most. */
  readonly flops: number;
  /** What the products read and write, if nothing stays in a cache from one part to the next. */
  readonly bytesMoved: number;
  /** Working memory beyond inputs and outputs. */
  readonly workingBytes: number;
  /** How much working memory is allowed. */
  readonly maxBytes: number;
  /** What the logits would take, which are never stored as a whole. */
  readonly logitsBytes: number;
}

/**
 * How `linearCrossEntropyWithGrad` would run with these arguments, without running it; without gradients, how
 * `linearCrossEntropy` would.
 *
 * @param hidden as `linearCrossEntropy`
 * @param weight as `linearCrossEntropy`
 * @param target as `linearCrossEntropy`
 * @param options as `linearCrossEntropyWithGrad`, but `gradients` are none unless they are asked for
 * @throws as `linearCrossEntropyWithGrad`, but for DataErrors
 * @example
 * ```ts
 * import { explainLinearCrossEntropy, zeros } from "@surprisal/core";
 * const [hidden, weight] = [zeros([512, 64]), zeros([50_257, 64])];
 * const target = zeros([512], { dtype: "i32" });
 * const { workingBytes, logitsBytes } = explainLinearCrossEntropy(hidden, weight, target, { maxBytes: 2 ** 22 });
 * console.log(workingBytes <= 2 ** 22, logitsBytes); // true 102926336
 * ```
 */
export function explainLinearCrossEntropy(
  hidden: Tensor,
  weight: Tensor,
  target: Tensor,
  options: LinearCrossEntropyGradOptions = {},
): LinearCrossEntropyExplanation {
  const where = "explainLinearCrossEntropy";
  const { rest, wanted } = splitGradients(where, options, []);
  const { job, rows, features, maxBytes, dtype, gradHidden, gradWeight, discardedMass } = lowerLayer(
    where,
    hidden,
    weight,
    target,
    rest,
    wanted,
  );
  const needed = 1 + (gradHidden === undefined ? 0 : 1) + (gradWeight === undefined ? 0 : 1);
  const whole = { blockRows: rows.outer, blockClasses: rows.classes, products: needed, workingBytes: 0 };
  const { blockRows, blockClasses, products, workingBytes } = job.explain() ?? whole;
  const width = bytesOf(dtype);
  const parts = (all: number, each: number): number => Math.ceil(all / Math.max(1, each));
  const [rowParts, classParts] = [parts(rows.outer, blockRows), parts(rows.classes, blockClasses)];
  const moved = rowParts * rows.classes * features + classParts * rows.outer * features;
  return {
    rows: rows.outer,
    classes: rows.classes,
    features,
    blocks: rowParts * classParts,
    blockRows,
    blockClasses,
    filterClasses: discardedMass && FILTER_CLASSES,
    flops: products * 2 * rows.outer * rows.classes * features,
    bytesMoved: products * moved * width,
    workingBytes,
    maxBytes,
    logitsBytes: rows.outer * rows.classes * width,
  };
}
