import { checkFloat } from "./checks.ts";
import type { Backend } from "./backend.ts";
import { CROSS_ENTROPY_OPTIONS, type CrossEntropyOptions } from "./cross-entropy.ts";
import { linearCrossEntropyKernel } from "./cpu/linear-cross-entropy.ts";
import { type DType, type FloatDType, resultDType } from "./dtype.ts";
import { DTypeError, OptionError, ShapeError } from "./errors.ts";
import { Job, type Output } from "./job.ts";
import { type LogitsGeometry, lowerIndices, lowerLoss, lowerUpstream, resolve } from "./lower.ts";
import { checkOptions, inRange, oneOf, safeInteger } from "./options.ts";
import { type Rows, sameShape, show, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `linearCrossEntropy`: those of `crossEntropy`, with `classWeight` for its `weight`. */
export interface LinearCrossEntropyOptions extends Omit<CrossEntropyOptions, "weight"> {
  /** Added to the logits, `[V]`. */
  readonly bias?: Tensor;
  /** One weight per class, `[V]`, of hidden's dtype. */
  readonly classWeight?: Tensor;
  /** Memory allowed beyond inputs and outputs. Default: what the backend proposes, or 64 MiB. */
  readonly maxBytes?: number;
}

/** What a gradient is with respect to. */
export type LinearGradient = "hidden" | "weight" | "bias";

/** Options of `linearCrossEntropyWithGrad`. */
export interface LinearCrossEntropyGradOptions<
  G extends LinearGradient = LinearGradient,
> extends LinearCrossEntropyOptions {
  /** Gradient arriving from above: a number or a tensor of the loss's shape. Default 1. */
  readonly upstream?: number | Tensor;
  /** Which gradients are computed: a frozen head needs `["hidden"]`, a frozen model the others. Default: all. */
  readonly gradients?: readonly G[];
  /**
   * Leaves small probabilities out of the gradients, and their products out of the work: of each row, spans of 64 classes all of whose
   * probabilities are below this bound, in [0, 1], unless the target's class is among them. Cut Cross-Entropy takes 2^-12, where
   * bf16 would round them away ("Cut Your Losses in Large-Vocabulary Language Models", arXiv 2411.09009). The loss stays as it
   * is. Not with labelSmoothing, under which each class is a target. Default: 0, nothing is left out.
   */
  readonly gradientFilter?: number;
}

/** What `linearCrossEntropyWithGrad` gives; gradients `G` were asked for. */
export interface LinearCrossEntropyWithGrad<B extends Backend = Backend, G extends LinearGradient = LinearGradient> {
  /** In nats; `[]`, or the rows' shape with `reduction: "none"`. */
  readonly loss: Tensor<FloatDType, B>;
  /** Of hidden's shape and dtype. */
  readonly gradHidden: "hidden" extends G ? Tensor<FloatDType, B> : undefined;
  /** Of weight's shape and dtype. */
  readonly gradWeight: "weight" extends G ? Tensor<FloatDType, B> : undefined;
  /** Only with a bias. */
  readonly gradBias: Tensor<FloatDType, B> | undefined;
  /**
   * Only with a gradientFilter above 0 and a gradient: what it has left out, `Σ softmax(logits)[n, j]` over all rows n that count and
   * all classes j of spans that were left out, `[]`. Divided by the number of rows it is a share: 0 nothing, 1 all.
   */
  readonly discardedMass: Tensor<FloatDType, B> | undefined;
}

const GRADIENTS: readonly LinearGradient[] = ["hidden", "weight", "bias"];

const OPTIONS = [...CROSS_ENTROPY_OPTIONS.filter((name) => name !== "weight"), "bias", "classWeight", "maxBytes"];
const DEFAULT_MAX_BYTES = 64 * 2 ** 20;

/**
 * Cross entropy of the logits `hidden · weightᵀ + bias`, which are never stored as a whole: the head of a language model
 * in one call.
 *
 * @param hidden `[…, D]`, floating
 * @param weight `[V, D]`, floating
 * @param target class indices, any integer dtype, of hidden's shape without D
 * @throws ShapeError `rank`, `shape`, `target-shape`, `weight-shape`; DTypeError `dtype`, `target-dtype`, `weight-dtype`;
 *   OptionError `option-unknown`, `option-value`; DataError `target-range`, `empty-mean`; BackendError `backend-refused`
 *   where `maxBytes` is too little
 * @example
 * ```ts
 * import { linearCrossEntropy, randint, randn } from "@surprisal/core";
 * const hidden = randn([8, 16], { seed: 1 });
 * const weight = randn([100, 16], { seed: 2 });
 * const loss = linearCrossEntropy(hidden, weight, randint(0, 100, [8], { seed: 3 }));
 * console.log(await loss.item());
 * ```
 */
export function linearCrossEntropy<B extends Backend>(
  hidden: Tensor<DType, B>,
  weight: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: LinearCrossEntropyOptions = {},
): Tensor<FloatDType, B> {
  checkOptions("linearCrossEntropy", options, OPTIONS);
  return run(lowerLayer("linearCrossEntropy", hidden, weight, target, options, [])).loss;
}

/**
 * `linearCrossEntropy` and its gradients with respect to hidden, weight and bias, all of them or those that are asked for.
 *
 * @param hidden as `linearCrossEntropy`
 * @param weight as `linearCrossEntropy`
 * @param target as `linearCrossEntropy`
 * @throws as `linearCrossEntropy`; ShapeError `shape` for an upstream of another shape than the loss
 * @example
 * ```ts
 * import { linearCrossEntropyWithGrad, randint, randn } from "@surprisal/core";
 * const hidden = randn([8, 16], { seed: 1 });
 * const weight = randn([100, 16], { seed: 2 });
 * const target = randint(0, 100, [8], { seed: 3 });
 * const { gradHidden } = linearCrossEntropyWithGrad(hidden, weight, target, { gradients: ["hidden"] });
 * console.log(gradHidden.shape); // [8, 16]
 * ```
 */
export function linearCrossEntropyWithGrad<B extends Backend, const G extends LinearGradient = LinearGradient>(
  hidden: Tensor<DType, B>,
  weight: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: LinearCrossEntropyGradOptions<G> = {},
): LinearCrossEntropyWithGrad<B, G> {
  const where = "linearCrossEntropyWithGrad";
  const { rest, wanted } = splitGradients(where, options, GRADIENTS);
  return run(lowerLayer(where, hidden, weight, target, rest, wanted)) as LinearCrossEntropyWithGrad<B, G>;
}

/** Options of the layer, but for its gradients. */
type LayerOptions = LinearCrossEntropyOptions & {
  readonly upstream?: number | Tensor;
  readonly gradientFilter?: number;
};

/** A call that has been checked, and can be run. */
export interface Layer<B extends Backend> {
  readonly job: Job<B>;
  readonly rows: Rows;
  readonly features: number;
  readonly dtype: FloatDType;
  readonly maxBytes: number;
  readonly loss: Output<FloatDType, B>;
  readonly gradHidden: Output<FloatDType, B> | undefined;
  readonly gradWeight: Output<FloatDType, B> | undefined;
  readonly gradBias: Output<FloatDType, B> | undefined;
  readonly discardedMass: Output<FloatDType, B> | undefined;
}

/** Which gradients a call asks for, and its other options. @throws OptionError `option-unknown`, `option-value` */
export function splitGradients(
  where: string,
  options: LinearCrossEntropyGradOptions,
  byDefault: readonly LinearGradient[],
): { readonly rest: LayerOptions; readonly wanted: readonly LinearGradient[] } {
  checkOptions(where, options, [...OPTIONS, "upstream", "gradients", "gradientFilter"]);
  const { gradients = byDefault, ...rest } = options;
  if (!Array.isArray(gradients)) {
    const message = `${where}: gradients must be a list of "${GRADIENTS.join('", "')}"; got ${String(gradients)}`;
    throw new OptionError("option-value", message, { option: "gradients", got: gradients });
  }
  const wanted = gradients.map((each: unknown) => oneOf(where, "gradients", each, GRADIENTS));
  return { rest, wanted };
}

/** Checks a call, whose options are known ones, and makes its plans. */
export function lowerLayer<B extends Backend>(
  where: string,
  hidden: Tensor<DType, B>,
  weight: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: LayerOptions,
  gradients: readonly LinearGradient[],
): Layer<B> {
  const {
    bias,
    classWeight,
    maxBytes: allowed = hidden.backend.workingBytes ?? DEFAULT_MAX_BYTES,
    upstream,
    gradientFilter,
    ...rest
  } = options;
  const bound = checkFilter(where, gradientFilter, options);
  const maxBytes = safeInteger(where, "maxBytes", allowed, 1);
  const resolved = resolve(where, { ...rest, ...(classWeight && { weight: classWeight }) }, CROSS_ENTROPY_OPTIONS);
  const geometry = checkMatrices(where, hidden, weight, bias);
  const { dim, rows, rowShape, dtype } = geometry;
  const job = new Job(hidden.backend, where);
  const lowered = lowerIndices(where, job, geometry, target, resolved.ignoreIndex);
  const numbers = lowerLoss(where, job, resolved, geometry, lowered);
  const lossShape = resolved.reduction === "none" ? rowShape : [];
  const loss = job.output(lossShape, resultDType(dtype));
  const gradHidden = gradients.includes("hidden") ? job.output(hidden.shape, dtype) : undefined;
  const gradWeight = gradients.includes("weight") ? job.output(weight.shape, dtype) : undefined;
  const gradBias = gradients.includes("bias") && bias !== undefined ? job.output(bias.shape, dtype) : undefined;
  const backward = [gradHidden, gradWeight, gradBias].some((gradient) => gradient !== undefined);
  const discardedMass = bound > 0 && backward ? job.output([], resultDType(dtype)) : undefined;
  const features = hidden.shape[dim] ?? 1;
  job.add({
    ...numbers,
    kind: "linear-cross-entropy",
    onCpu: linearCrossEntropyKernel,
    rows,
    features,
    hidden: job.alongDim(hidden, dim),
    matrix: job.alongDim(weight, 1),
    bias: bias && job.alongDim(bias, 0),
    target: lowered,
    loss: loss.perRow(rows),
    upstream: lowerUpstream(where, job, upstream, lossShape, dim),
    hiddenGradient: gradHidden?.perElement({ outer: rows.outer, classes: features, inner: 1 }),
    matrixGradient: gradWeight?.perElement({ outer: rows.classes, classes: features, inner: 1 }),
    biasGradient: gradBias?.perElement({ outer: 1, classes: rows.classes, inner: 1 }),
    filter: discardedMass && { bound, discarded: discardedMass.perRow(rows) },
    maxBytes,
  });
  return { job, rows, features, dtype, maxBytes, loss, gradHidden, gradWeight, gradBias, discardedMass };
}

/** The filter's bound, 0 for none. */
function checkFilter(where: string, gradientFilter: unknown, { labelSmoothing = 0 }: LayerOptions): number {
  const bound = inRange(where, "gradientFilter", gradientFilter ?? 0, 0, 1);
  if (bound === 0 || labelSmoothing === 0) return bound;
  const message = `${where}: gradientFilter needs labelSmoothing 0, for smoothing makes every class a target; got ${labelSmoothing}`;
  throw new OptionError("option-value", message, { option: "gradientFilter", value: gradientFilter });
}

function run<B extends Backend>({
  job,
  ...outputs
}: Layer<B>): {
  readonly loss: Tensor<FloatDType, B>;
  readonly gradHidden: Tensor<FloatDType, B> | undefined;
  readonly gradWeight: Tensor<FloatDType, B> | undefined;
  readonly gradBias: Tensor<FloatDType, B> | undefined;
  readonly discardedMass: Tensor<FloatDType, B> | undefined;
} {
  job.run();
  return {
    loss: outputs.loss.tensor(),
    gradHidden: outputs.gradHidden?.tensor(),
    gradWeight: outputs.gradWeight?.tensor(),
    gradBias: outputs.gradBias?.tensor(),
    discardedMass: outputs.discardedMass?.tensor(),
  };
}

/** Checks the matrices' shapes and dtypes; gives the geometry of the logits `[…, V]` that are never stored. */
function checkMatrices(where: string, hidden: Tensor, weight: Tensor, bias: Tensor | undefined): LogitsGeometry {
  const dtype = checkFloat(where, "hidden", hidden);
  if (hidden.rank === 0 || weight.rank !== 2) {
    const message = `${where}: hidden must be […, D] and weight [V, D]; got ${show(hidden.shape)} and ${show(weight.shape)}`;
    throw new ShapeError("rank", message, { hidden: hidden.shape, weight: weight.shape });
  }
  const dim = hidden.rank - 1;
  const [classes = 0, features] = weight.shape;
  if (features !== hidden.shape[dim]) {
    const message = `${where}: hidden ${show(hidden.shape)} and weight ${show(weight.shape)} must agree in their last dim`;
    throw new ShapeError("shape", message, { hidden: hidden.shape, weight: weight.shape });
  }
  if (bias !== undefined && !sameShape(bias.shape, [classes])) {
    throw new ShapeError("shape", `${where}: bias must be [${classes}]; got ${show(bias.shape)}`, { bias: bias.shape });
  }
  for (const [name, input] of [["weight", weight] as const, ["bias", bias] as const]) {
    if (input !== undefined && input.dtype !== dtype) {
      throw new DTypeError("dtype", `${where}: ${name} must be ${dtype} as hidden; got ${input.dtype}`);
    }
  }
  const rowShape = hidden.shape.slice(0, dim);
  return { shape: [...rowShape, classes], dtype, dim, rows: { outer: sizeOf(rowShape), classes, inner: 1 }, rowShape };
}
