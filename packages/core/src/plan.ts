import type { CpuKernel, DeviceBuffer } from "./backend.ts";
import type { DType } from "./dtype.ts";
import type { Rows, Strides } from "./shape.ts";

// What a backend can be asked to compute: seven plans of plain numbers and operands. Options (weight, smoothing,
// reduction …) are gone by now; lower.ts is the only place that knows what they mean. Formulas: docs/semantics.md. `onCpu` is
// for the cpu backend alone.

/** Elements in a buffer: element `(o, c, i)` is number `offset + o·strides[0] + c·strides[1] + i·strides[2]`. */
export interface Operand {
  /** Set for inputs always, for outputs only once `run` is called. */
  readonly buffer: DeviceBuffer;
  readonly dtype: DType;
  readonly offset: number;
  readonly strides: Strides;
}

/** Any view → dense tensor, with conversion of the dtype. */
export interface CopyPlan {
  readonly kind: "copy";
  readonly onCpu?: CpuKernel<CopyPlan> | undefined;
  readonly shape: readonly number[];
  readonly input: Omit<Operand, "strides"> & { readonly strides: readonly number[] };
  readonly output: Operand;
}

/** `output(o, c, i) = [indices(o, i) = c]`. Data error where an index is outside [0, classes). */
export interface OneHotPlan {
  readonly kind: "one-hot";
  readonly onCpu?: CpuKernel<OneHotPlan> | undefined;
  readonly rows: Rows;
  readonly indices: Operand;
  readonly output: Operand;
}

/** Class indices and the one value that means "leave this row out". */
export interface IndexTarget {
  readonly kind: "index";
  readonly operand: Operand;
  readonly ignoreIndex: number;
}

/** A target distribution over the classes. */
export interface DenseTarget {
  readonly kind: "dense";
  readonly operand: Operand;
}

/**
 * The divisor of a mean: `Σ rowWeight · (index ? weight[y] : 1)` over kept rows, with their count, into `mass`. Runs
 * before the loss and checks every index target first, so that a bad one stops the call before anything is written.
 * A row is left out if its target is `ignoreIndex` or its `rowWeight` is 0.
 */
export interface TargetMassPlan {
  readonly kind: "target-mass";
  readonly onCpu?: CpuKernel<TargetMassPlan> | undefined;
  readonly rows: Rows;
  readonly target: IndexTarget | DenseTarget;
  readonly weight: Operand | undefined;
  readonly rowWeight: Operand | undefined;
  /** Data error if no row is kept. */
  readonly mustKeep: boolean;
  /** `MASS_BYTES` bytes in a layout of the backend's own. */
  readonly mass: Mass;
}

/** A divisor that only the backend can read. */
export interface Mass {
  readonly buffer: DeviceBuffer;
}

/** softmax, log-softmax or log-sum-exp of each row; with `upstream`, the gradient with respect to the input instead. */
export interface SoftmaxPlan {
  readonly kind: "softmax";
  readonly onCpu?: CpuKernel<SoftmaxPlan> | undefined;
  readonly of: "softmax" | "log-softmax" | "log-sum-exp";
  readonly rows: Rows;
  readonly input: Operand;
  readonly upstream: Operand | undefined;
  readonly output: Operand;
}

/** The numbers that all options of cross entropy come down to. */
export interface LossNumbers {
  /** Target mass of class j: `hot·w_y·[j = y] + base·w_j` (index) or `w_j·(hot·t_j + base)` (dense). */
  readonly hot: number;
  readonly base: number;
  readonly weight: Operand | undefined;
  /** Multiplies a row's loss and gradient; 0 leaves the row out. */
  readonly rowWeight: Operand | undefined;
  /** `x ← softcap·tanh(logitScale·x / softcap)`; a softcap of 0 is none. */
  readonly logitScale: number;
  readonly softcap: number;
  /** Adds `zLoss·(log Σ exp x)²` to each kept row. */
  readonly zLoss: number;
  /** Multiplies the loss of an index target by `(1 − p_y)^focalGamma`; 0 is none. */
  readonly focalGamma: number;
  /** Inputs are log-probabilities already: `log z` is 0 and does not depend on them. */
  readonly normalized: boolean;
  /** PyTorch's own answers in the declared corners: 0·∞ is NaN, ignored rows with NaN get NaN gradients. */
  readonly strict: boolean;
  readonly divisor: number | Mass;
  /** Sum the rows into the scalar `loss`, divided by `divisor`; else `loss` holds each row's. */
  readonly reduce: boolean;
  /** The reduced loss when no row is kept. */
  readonly empty: number;
}

/** What `crossEntropyStats` adds per row. */
export interface RowStats {
  readonly max: Operand;
  /** `log Σ exp(x_j − max)`. */
  readonly logSum: Operand;
  readonly predicted: Operand;
  readonly rank: Operand;
  readonly entropy: Operand;
  readonly probability: Operand;
}

/** The row formula of docs/semantics.md, its gradients, and its statistics. `gradient.buffer` may be `logits.buffer`. */
export interface CrossEntropyPlan extends LossNumbers {
  readonly kind: "cross-entropy";
  readonly onCpu?: CpuKernel<CrossEntropyPlan> | undefined;
  readonly rows: Rows;
  readonly logits: Operand;
  readonly target: IndexTarget | DenseTarget;
  readonly loss: Operand;
  readonly stats: RowStats | undefined;
  readonly upstream: Operand | number;
  readonly gradient: Operand | undefined;
  readonly targetGradient: Operand | undefined;
}

/** Leaves spans of small probabilities out of gradients: docs/semantics.md, "The gradient filter". */
export interface GradientFilter {
  /** A span of `FILTER_CLASSES` classes of a row whose probabilities are all below it has a gradient of 0, unless it has the label. */
  readonly bound: number;
  /** The probability left out, summed over spans and rows: one number. */
  readonly discarded: Operand;
}

/** Classes of a span: `64k … 64k + 63`. */
export const FILTER_CLASSES = 64;

/** Cross entropy of `hidden · weightᵀ + bias`. Matrices are rows × columns on the strides of `outer` and `classes`. */
export interface LinearCrossEntropyPlan extends LossNumbers {
  readonly kind: "linear-cross-entropy";
  readonly onCpu?: CpuKernel<LinearCrossEntropyPlan> | undefined;
  readonly rows: Rows;
  readonly features: number;
  readonly hidden: Operand;
  readonly matrix: Operand;
  readonly bias: Operand | undefined;
  readonly target: IndexTarget;
  readonly loss: Operand;
  readonly upstream: Operand | number;
  readonly hiddenGradient: Operand | undefined;
  readonly matrixGradient: Operand | undefined;
  readonly biasGradient: Operand | undefined;
  /** Only with a gradient. */
  readonly filter: GradientFilter | undefined;
  /** Bytes allowed beyond inputs and outputs. */
  readonly maxBytes: number;
}

/** The element formulas: `a` is what the gradient is usually wanted for, `b` the target. */
export type PointwiseTerm =
  | "binary-logits"
  | "binary-probabilities"
  | "soft-margin"
  | "focal-logits"
  | "kl"
  | "kl-log-target"
  | "entropy"
  | "distribution-cross-entropy"
  | "distribution-kl"
  | "exp"
  | "identity";

/** `scale · weight · term(a, b)` for each element, kept, summed along the classes, or summed altogether. */
export interface PointwisePlan {
  readonly kind: "pointwise";
  readonly onCpu?: CpuKernel<PointwisePlan> | undefined;
  readonly term: PointwiseTerm;
  readonly rows: Rows;
  readonly a: Operand;
  readonly b: Operand | undefined;
  readonly weight: Operand | undefined;
  readonly positiveWeight: Operand | undefined;
  readonly alpha: number;
  readonly gamma: number;
  readonly strict: boolean;
  readonly scale: number;
  readonly reduce: "none" | "classes" | "total";
  readonly output: Operand;
  readonly upstream: Operand | number;
  /** With respect to `a`. */
  readonly gradient: Operand | undefined;
}

/** Everything a backend runs. A new kind needs a decision record. */
export type Plan =
  | CopyPlan
  | OneHotPlan
  | TargetMassPlan
  | SoftmaxPlan
  | CrossEntropyPlan
  | LinearCrossEntropyPlan
  | PointwisePlan;

/** A plan with its kernel for cpu, as functions of core make them. Plans that a backend makes for itself have none. */
export type PlanOnCpu<P extends Plan = Plan> = P extends Plan ? P & { readonly onCpu: CpuKernel<P> } : never;

/** Size of the buffer behind a `Mass`. */
export const MASS_BYTES = 16;
