export type { Backend, CpuKernel, DeviceBuffer, HostBackend, PlanParts } from "./backend.ts";
export { isHostBackend } from "./backend.ts";
export type {
  BinaryCrossEntropyOptions,
  BinaryCrossEntropyWithLogitsOptions,
  Upstream,
} from "./binary-cross-entropy.ts";
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithGrad,
  binaryCrossEntropyWithLogits,
  binaryCrossEntropyWithLogitsWithGrad,
} from "./binary-cross-entropy.ts";
export type { BackendFactory, PassedOver } from "./choose.ts";
export { choose } from "./choose.ts";
export { cpu } from "./cpu/backend.ts";
export type { CreateOptions, TensorArray, TensorLiteral } from "./create.ts";
export { arange, full, tensor, zeros } from "./create.ts";
export type {
  CrossEntropyGradOptions,
  CrossEntropyOptions,
  CrossEntropyWithGrad,
  LossWithGrad,
} from "./cross-entropy.ts";
export { crossEntropy, crossEntropyWithGrad } from "./cross-entropy.ts";
export type { CrossEntropyStats } from "./cross-entropy-stats.ts";
export { crossEntropyStats } from "./cross-entropy-stats.ts";
export type { DistributionOptions } from "./distribution.ts";
export { distributionCrossEntropy, distributionKlDivergence, entropy } from "./distribution.ts";
export type { DataArrays, DType, FloatDType, IntegerDType, StorageArrays } from "./dtype.ts";
export { bytesOf } from "./dtype.ts";
export type { ErrorCode } from "./errors.ts";
export {
  BackendError,
  DataError,
  DisposedError,
  DTypeError,
  isSurprisalError,
  OptionError,
  ShapeError,
  SurprisalError,
} from "./errors.ts";
export type { LinearCrossEntropyExplanation } from "./explain-linear-cross-entropy.ts";
export { explainLinearCrossEntropy } from "./explain-linear-cross-entropy.ts";
export type { FocalLossOptions } from "./focal-loss.ts";
export { focalLoss, focalLossWithGrad } from "./focal-loss.ts";
export type { KlDivergenceOptions } from "./kl-divergence.ts";
export { klDivergence, klDivergenceWithGrad } from "./kl-divergence.ts";
export type {
  LinearCrossEntropyGradOptions,
  LinearCrossEntropyOptions,
  LinearCrossEntropyWithGrad,
  LinearGradient,
} from "./linear-cross-entropy.ts";
export { linearCrossEntropy, linearCrossEntropyWithGrad } from "./linear-cross-entropy.ts";
export type { MultilabelSoftMarginLossOptions } from "./multilabel-soft-margin-loss.ts";
export { multilabelSoftMarginLoss, multilabelSoftMarginLossWithGrad } from "./multilabel-soft-margin-loss.ts";
export type { NllLossOptions } from "./nll-loss.ts";
export { nllLoss, nllLossWithGrad } from "./nll-loss.ts";
export type { OneHotOptions } from "./one-hot.ts";
export { oneHot } from "./one-hot.ts";
export type { Reduction } from "./options.ts";
export { perplexity } from "./perplexity.ts";
export type {
  CopyPlan,
  CrossEntropyPlan,
  DenseTarget,
  GradientFilter,
  IndexTarget,
  LinearCrossEntropyPlan,
  LossNumbers,
  Mass,
  OneHotPlan,
  Operand,
  Plan,
  PointwisePlan,
  PointwiseTerm,
  RowStats,
  SoftmaxPlan,
  TargetMassPlan,
} from "./plan.ts";
export { FILTER_CLASSES, MASS_BYTES } from "./plan.ts";
export type { RandomOptions } from "./random.ts";
export { rand, randint, randn } from "./random.ts";
export type { Rows, Strides } from "./shape.ts";
export type { SigmoidFocalLossOptions } from "./sigmoid-focal-loss.ts";
export { sigmoidFocalLoss, sigmoidFocalLossWithGrad } from "./sigmoid-focal-loss.ts";
export type { LogSumExpOptions, SoftmaxOptions } from "./softmax.ts";
export { logSoftmax, logSoftmaxGrad, logSumExp, logSumExpGrad, softmax, softmaxGrad } from "./softmax.ts";
export type { NestedArray } from "./tensor.ts";
export { Tensor } from "./tensor.ts";
