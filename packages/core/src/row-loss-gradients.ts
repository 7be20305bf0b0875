import { checkFloat } from "./checks.ts";
import type { Backend } from "./backend.ts";
import { crossEntropyGradientsKernel } from "./cpu/cross-entropy-gradients.ts";
import type { FloatDType } from "./dtype.ts";
import { OptionError } from "./errors.ts";
import type { Output } from "./job.ts";
import { lowerUpstream } from "./lower.ts";
import { overlap } from "./overlap.ts";
import { type Besides, type LoweredRowLoss, type RowLossCall, rowLossBesides } from "./row-loss.ts";
import { foldRows } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Which gradients are wanted, and of what. */
export interface WantedGradients {
  readonly upstream?: number | Tensor | undefined;
  /** Write the gradient over the logits. */
  readonly into?: "logits" | undefined;
  /** With respect to target probabilities too. */
  readonly targetGradient?: boolean;
}

/** The loss with the gradients that were asked for. */
interface RowLossWithGradients<B extends Backend> {
  readonly loss: Tensor<FloatDType, B>;
  readonly grad: Tensor<FloatDType, B>;
  readonly targetGrad: Tensor<FloatDType, B> | undefined;
}

/** The path of crossEntropyWithGrad, focalLossWithGrad and nllLossWithGrad. */
export function rowLossWithGradients<B extends Backend>(
  call: RowLossCall<B>,
  wanted: WantedGradients,
): RowLossWithGradients<B> {
  const { loss, results } = rowLossBesides(call, (lowered) => gradients(lowered, wanted));
  return { loss, ...results };
}

function gradients<B extends Backend>(
  lowered: LoweredRowLoss<B>,
  { upstream, into, targetGradient: targetToo = false }: WantedGradients,
): Besides<Omit<RowLossWithGradients<B>, "loss">> {
  const { job, geometry, input, lossShape } = lowered;
  const { where, logits } = lowered.call;
  const { rows, dim, dtype } = geometry;
  if (into === "logits") checkInPlace(lowered.call, dim, typeof upstream === "number" ? undefined : upstream);
  const gradient = into === "logits" ? undefined : job.output(logits.shape, dtype);
  const targetGradient = targetToo ? targetOutput(lowered) : undefined;
  return {
    onCpu: crossEntropyGradientsKernel,
    stats: undefined,
    upstream: lowerUpstream(where, job, upstream, lossShape, dim),
    gradient: gradient?.perElement(rows) ?? input,
    targetGradient: targetGradient?.perElement(rows),
    results: () => ({
      grad: gradient?.tensor() ?? (logits as Tensor<FloatDType, B>),
      targetGrad: targetGradient?.tensor(),
    }),
  };
}

function targetOutput<B extends Backend>({ call, job, lowered }: LoweredRowLoss<B>): Output<FloatDType, B> {
  const { where, target } = call;
  if (lowered.kind === "index") {
    const message = `${where}: targetGrad needs target probabilities; target holds class indices`;
    throw new OptionError("option-value", message);
  }
  return job.output(target.shape, checkFloat(where, "target", target));
}

/** A gradient may only replace logits that the kernel reads in place, and that share memory with no other input. */
function checkInPlace<B extends Backend>(
  { where, logits, target, resolved }: RowLossCall<B>,
  dim: number,
  upstream: Tensor | undefined,
): void {
  if (foldRows(logits.shape, logits.strides, dim) === undefined) {
    const message = `${where}: into "logits" needs logits that are dense, or permuted with the dims on each side of the classes in order; not this view`;
    throw new OptionError("option-value", message);
  }
  const { weight, rowWeight } = resolved;
  for (const [name, other] of Object.entries({ target, weight, rowWeight, upstream })) {
    if (other === undefined || !overlap(logits, other)) continue;
    const message = `${where}: into "logits" would overwrite the ${name}, which shares the logits' memory`;
    throw new OptionError("option-value", message);
  }
}
