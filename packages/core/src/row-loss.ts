import { checkFloat } from "./checks.ts";
import type { Backend } from "./backend.ts";
import { crossEntropyKernel } from "./cpu/cross-entropy.ts";
import type { DType, FloatDType } from "./dtype.ts";
import { OptionError } from "./errors.ts";
import { Job, type Output } from "./job.ts";
import { geometryOf, lossDType, lowerIndices, lowerLoss, lowerTarget, lowerUpstream, type Resolved } from "./lower.ts";
import type { RowStats } from "./plan.ts";
import { foldRows } from "./shape.ts";
import { overlap } from "./overlap.ts";
import type { Tensor } from "./tensor.ts";

/** What a loss over rows is asked for, besides the loss. */
export interface Wanted {
  readonly gradient?: boolean;
  readonly targetGradient?: boolean;
  readonly stats?: boolean;
  readonly upstream?: number | Tensor | undefined;
  readonly into?: "logits" | undefined;
  /** Targets must be class indices. */
  readonly indexOnly?: boolean;
  /** Inputs are log-probabilities. */
  readonly normalized?: boolean;
}

/** The results of a loss over rows, as far as they were asked for. */
export interface RowLoss<B extends Backend> {
  readonly loss: Tensor<FloatDType, B>;
  readonly gradient: Tensor<FloatDType, B> | undefined;
  readonly targetGradient: Tensor<FloatDType, B> | undefined;
  readonly stats: Readonly<Record<keyof RowStats, Tensor<DType, B>>> | undefined;
}

/** The path of crossEntropy, crossEntropyStats, focalLoss and nllLoss: check, lower, run. */
export function rowLoss<B extends Backend>(
  where: string,
  logits: Tensor<DType, B>,
  target: Tensor<DType, B>,
  resolved: Resolved,
  wanted: Wanted,
): RowLoss<B> {
  const geometry = geometryOf(where, logits);
  const job = new Job(logits.backend, where);
  const { dim, rows, rowShape, dtype } = geometry;
  const input = job.alongDim(logits, dim);
  const lower = wanted.indexOnly === true ? lowerIndices : lowerTarget;
  const lowered = lower(where, job, geometry, target, resolved.ignoreIndex);
  const numbers = lowerLoss(where, job, resolved, geometry, lowered);
  const lossShape = resolved.reduction === "none" ? rowShape : [];
  const loss = job.output(lossShape, lossDType(dtype, lowered, resolved.strict));
  const inPlace = wanted.into === "logits";
  const { weight, rowWeight } = resolved;
  const upstream = typeof wanted.upstream === "number" ? undefined : wanted.upstream;
  if (inPlace) checkInPlace(where, logits, dim, { target, weight, rowWeight, upstream });
  const gradient = wanted.gradient === true && !inPlace ? job.output(logits.shape, dtype) : undefined;
  const targetGradient = wanted.targetGradient === true ? targetOutput() : undefined;
  const stats = wanted.stats === true ? statsOutputs(job, rowShape, loss.dtype) : undefined;
  job.add({
    ...numbers,
    normalized: wanted.normalized === true,
    kind: "cross-entropy",
    onCpu: crossEntropyKernel,
    rows,
    logits: input,
    target: lowered,
    loss: loss.perRow(rows),
    stats: stats && mapStats(stats, (output) => output.perRow(rows)),
    upstream: lowerUpstream(where, job, wanted.upstream, lossShape, dim),
    gradient: inPlace ? input : gradient?.perElement(rows),
    targetGradient: targetGradient?.perElement(rows),
  });
  job.run();
  return {
    loss: loss.tensor(),
    gradient: inPlace ? (logits as Tensor<FloatDType, B>) : gradient?.tensor(),
    targetGradient: targetGradient?.tensor(),
    stats: stats && mapStats(stats, (output) => output.tensor()),
  };

  function targetOutput(): Output<FloatDType, B> {
    if (lowered.kind === "index") {
      throw new OptionError(
        "option-value",
        `${where}: targetGrad needs target probabilities; target holds class indices`,
      );
    }
    return job.output(target.shape, checkFloat(where, "target", target));
  }
}

/** A gradient may only replace logits that the kernel reads in place, and that share memory with no other input. */
function checkInPlace(
  where: string,
  logits: Tensor,
  dim: number,
  others: Readonly<Record<string, Tensor | undefined>>,
): void {
  if (foldRows(logits.shape, logits.strides, dim) === undefined) {
    const message = `${where}: into "logits" needs logits that are dense, or permuted with the dims on each side of the classes in order; not this view`;
    throw new OptionError("option-value", message);
  }
  for (const [name, other] of Object.entries(others)) {
    if (other === undefined || !overlap(logits, other)) continue;
    const message = `${where}: into "logits" would overwrite the ${name}, which shares the logits' memory`;
    throw new OptionError("option-value", message);
  }
}

function statsOutputs<B extends Backend>(
  job: Job<B>,
  shape: readonly number[],
  dtype: FloatDType,
): Record<keyof RowStats, Output<DType, B>> {
  const dtypes = {
    max: dtype,
    logSum: dtype,
    predicted: "i32",
    rank: "i32",
    entropy: dtype,
    probability: dtype,
  } as const;
  return mapStats<DType, Output<DType, B>>(dtypes, (each) => job.output(shape, each));
}

function mapStats<T, U>(stats: Readonly<Record<keyof RowStats, T>>, map: (value: T) => U): Record<keyof RowStats, U> {
  const { max, logSum, predicted, rank, entropy, probability } = stats;
  return {
    max: map(max),
    logSum: map(logSum),
    predicted: map(predicted),
    rank: map(rank),
    entropy: map(entropy),
    probability: map(probability),
  };
}
