import type { PointwisePlan, PointwiseTerm, SoftmaxPlan } from "@surprisal/core";
import * as codes from "./codes.ts";

// The contract's words as the numbers that kernels know.

/** Of softmax plans. */
export const RESULTS: Readonly<Record<SoftmaxPlan["of"], number>> = {
  softmax: codes.OF_SOFTMAX,
  "log-softmax": codes.OF_LOG_SOFTMAX,
  "log-sum-exp": codes.OF_LOG_SUM_EXP,
};

/** Of pointwise plans. */
export const REDUCTIONS: Readonly<Record<PointwisePlan["reduce"], number>> = {
  none: codes.REDUCE_NONE,
  classes: codes.REDUCE_CLASSES,
  total: codes.REDUCE_TOTAL,
};

/** See `REDUCTIONS`. */
export const TERMS: Readonly<Record<PointwiseTerm, number>> = {
  "binary-logits": codes.BINARY_LOGITS,
  "binary-probabilities": codes.BINARY_PROBABILITIES,
  "soft-margin": codes.SOFT_MARGIN,
  "focal-logits": codes.FOCAL_LOGITS,
  kl: codes.KL,
  "kl-log-target": codes.KL_LOG_TARGET,
  entropy: codes.ENTROPY,
  "distribution-cross-entropy": codes.DISTRIBUTION_CROSS_ENTROPY,
  "distribution-kl": codes.DISTRIBUTION_KL,
  exp: codes.EXP,
  identity: codes.IDENTITY,
};
