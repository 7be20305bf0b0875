import { checkFloat } from "./checks.ts";
import type { Backend } from "./backend.ts";
import { CROSS_ENTROPY_OPTIONS, type CrossEntropyOptions } from "./cross-entropy.ts";
import { type DType, type FloatDType, resultDType } from "./dtype.ts";
import { DTypeError, ShapeError } from "./errors.ts";
import { Job } from "./job.ts";
import { type LogitsGeometry, lowerIndices, lowerLoss, lowerUpstream, resolve } from "./lower.ts";
import { checkOptions, safeInteger } from "./options.ts";
import { sameShape, show, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `linearCrossEntropy`: those of `crossEntropy`, with `classWeight` for its `weight`. */
export interface LinearCrossEntropyOptions extends Omit<CrossEntropyOptions, "weight"> {
  /** Added to the logits, `[V]`. */
  readonly bias?: Tensor;
  /** One weight per class, `[V]`, of hidden's dtype. */
  readonly classWeight?: Tensor;
  /** Memory allowed beyond inputs and outputs. Default 64 MiB. */
  readonly maxBytes?: number;
}

/** What `linearCrossEntropyWithGrad` gives. */
export interface LinearCrossEntropyWithGrad<B extends Backend = Backend> {
  readonly loss: Tensor<FloatDType, B>;
  readonly gradHidden: Tensor<FloatDType, B>;
  readonly gradWeight: Tensor<FloatDType, B>;
  /** Only with a bias. */
  readonly gradBias: Tensor<FloatDType, B> | undefined;
}

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
  return run("linearCrossEntropy", hidden, weight, target, options, OPTIONS, false).loss;
}

/**
 * `linearCrossEntropy` and its gradients with respect to hidden, weight and bias.
 *
 * @param hidden as `linearCrossEntropy`
 * @param weight as `linearCrossEntropy`
 * @param target as `linearCrossEntropy`
 * @throws as `linearCrossEntropy`; ShapeError `shape` for an upstream of another shape than the loss
 */
export function linearCrossEntropyWithGrad<B extends Backend>(
  hidden: Tensor<DType, B>,
  weight: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: LinearCrossEntropyOptions & { readonly upstream?: number | Tensor } = {},
): LinearCrossEntropyWithGrad<B> {
  return run("linearCrossEntropyWithGrad", hidden, weight, target, options, [...OPTIONS, "upstream"], true);
}

type Result<B extends Backend, G> = Omit<LinearCrossEntropyWithGrad<B>, "gradHidden" | "gradWeight"> & {
  readonly gradHidden: G extends true ? Tensor<FloatDType, B> : undefined;
  readonly gradWeight: G extends true ? Tensor<FloatDType, B> : undefined;
};

function run<B extends Backend, G extends boolean>(
  where: string,
  hidden: Tensor<DType, B>,
  weight: Tensor<DType, B>,
  target: Tensor<DType, B>,
  options: LinearCrossEntropyOptions & { readonly upstream?: number | Tensor },
  known: readonly string[],
  gradients: G,
): Result<B, G> {
  checkOptions(where, options, known);
  const { bias, classWeight, maxBytes, upstream, ...rest } = options;
  const resolved = resolve(where, { ...rest, ...(classWeight && { weight: classWeight }) }, CROSS_ENTROPY_OPTIONS);
  const geometry = checkMatrices(where, hidden, weight, bias);
  const { dim, rows, rowShape, dtype } = geometry;
  const job = new Job(hidden.backend, where);
  const lowered = lowerIndices(where, job, geometry, target, resolved.ignoreIndex);
  const numbers = lowerLoss(where, job, resolved, geometry, lowered);
  const lossShape = resolved.reduction === "none" ? rowShape : [];
  const loss = job.output(lossShape, resultDType(dtype));
  const gradHidden = gradients ? job.output(hidden.shape, dtype) : undefined;
  const gradWeight = gradients ? job.output(weight.shape, dtype) : undefined;
  const gradBias = gradients && bias !== undefined ? job.output(bias.shape, dtype) : undefined;
  const features = hidden.shape[dim] ?? 1;
  job.add({
    ...numbers,
    kind: "linear-cross-entropy",
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
    maxBytes: safeInteger(where, "maxBytes", maxBytes ?? DEFAULT_MAX_BYTES, 1),
  });
  job.run();
  return {
    loss: loss.tensor(),
    gradHidden: gradHidden?.tensor(),
    gradWeight: gradWeight?.tensor(),
    gradBias: gradBias?.tensor(),
  } as Result<B, G>;
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
