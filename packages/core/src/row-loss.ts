import type { Backend } from "./backend.ts";
import { crossEntropyKernel } from "./cpu/cross-entropy.ts";
import type { DType, FloatDType } from "./dtype.ts";
import { Job } from "./job.ts";
import {
  geometryOf,
  type LogitsGeometry,
  lossDType as lossDTypeOf,
  lowerIndices,
  lowerLoss,
  lowerTarget,
  type Resolved,
} from "./lower.ts";
import type { CrossEntropyPlan, DenseTarget, IndexTarget, Operand, PlanOnCpu } from "./plan.ts";
import type { Tensor } from "./tensor.ts";

/** A call of a loss over rows. */
export interface RowLossCall<B extends Backend> {
  /** The function, for messages. */
  readonly where: string;
  readonly logits: Tensor<DType, B>;
  readonly target: Tensor<DType, B>;
  readonly resolved: Resolved;
  /** Targets must be class indices. */
  readonly indexOnly?: boolean;
  /** Inputs are log-probabilities. */
  readonly normalized?: boolean;
}

/** The same, checked and with its operands. */
export interface LoweredRowLoss<B extends Backend> {
  readonly call: RowLossCall<B>;
  readonly job: Job<B>;
  readonly geometry: LogitsGeometry;
  readonly input: Operand;
  readonly lowered: IndexTarget | DenseTarget;
  readonly lossShape: readonly number[];
  readonly lossDType: FloatDType;
}

type PlanPart = Pick<PlanOnCpu<CrossEntropyPlan>, "onCpu" | "stats" | "upstream" | "gradient" | "targetGradient">;

/** What a call computes besides the loss: its part of the plan with a kernel that knows it, and the results of the run. */
export interface Besides<R> extends PlanPart {
  readonly results: () => R;
}

/** The path of crossEntropy, focalLoss and nllLoss: check, lower, run. */
export function rowLoss<B extends Backend>(call: RowLossCall<B>): Tensor<FloatDType, B> {
  return rowLossBesides(call, () => NOTHING).loss;
}

const NOTHING: Besides<undefined> = {
  onCpu: crossEntropyKernel,
  stats: undefined,
  upstream: 1,
  gradient: undefined,
  targetGradient: undefined,
  results: () => undefined,
};

/** The same with more than the loss. */
export function rowLossBesides<B extends Backend, R>(
  call: RowLossCall<B>,
  besides: (lowered: LoweredRowLoss<B>) => Besides<R>,
): { readonly loss: Tensor<FloatDType, B>; readonly results: R } {
  const { where, logits, target, resolved, indexOnly = false, normalized = false } = call;
  const geometry = geometryOf(where, logits);
  const job = new Job(logits.backend, where);
  const { dim, rows, rowShape, dtype } = geometry;
  const input = job.alongDim(logits, dim);
  const lowered = (indexOnly ? lowerIndices : lowerTarget)(where, job, geometry, target, resolved.ignoreIndex);
  const numbers = lowerLoss(where, job, resolved, geometry, lowered);
  const lossShape = resolved.reduction === "none" ? rowShape : [];
  const lossDType = lossDTypeOf(dtype, lowered, resolved.strict);
  const loss = job.output(lossShape, lossDType);
  const also = besides({ call, job, geometry, input, lowered, lossShape, lossDType });
  job.add({
    ...numbers,
    normalized,
    kind: "cross-entropy",
    onCpu: also.onCpu,
    rows,
    logits: input,
    target: lowered,
    loss: loss.perRow(rows),
    stats: also.stats,
    upstream: also.upstream,
    gradient: also.gradient,
    targetGradient: also.targetGradient,
  });
  job.run();
  return { loss: loss.tensor(), results: also.results() };
}
