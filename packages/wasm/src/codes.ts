// Numbers that TypeScript and the kernels share.

/** Dtypes. */
export const F32 = 0;
export const F64 = 1;
export const F16 = 2;
export const BF16 = 3;
export const I64 = 4;
export const I32 = 5;
export const I16 = 6;
export const U8 = 7;
export const BOOL = 8;

/** Kinds of plans. */
export const COPY = 0;
export const ONE_HOT = 1;
export const TARGET_MASS = 2;
export const SOFTMAX = 3;
export const CROSS_ENTROPY = 4;
export const LINEAR_CROSS_ENTROPY = 5;
export const POINTWISE = 6;

/** Results of softmax plans. */
export const OF_SOFTMAX = 0;
export const OF_LOG_SOFTMAX = 1;
export const OF_LOG_SUM_EXP = 2;

/** What a pointwise plan sums. */
export const REDUCE_NONE = 0;
export const REDUCE_CLASSES = 1;
export const REDUCE_TOTAL = 2;

/** Terms of pointwise plans. */
export const BINARY_LOGITS = 0;
export const BINARY_PROBABILITIES = 1;
export const SOFT_MARGIN = 2;
export const FOCAL_LOGITS = 3;
export const KL = 4;
export const KL_LOG_TARGET = 5;
export const ENTROPY = 6;
export const DISTRIBUTION_CROSS_ENTROPY = 7;
export const DISTRIBUTION_KL = 8;
export const EXP = 9;
export const IDENTITY = 10;

/** Phases of a linear plan. */
export const LINEAR_SELECT = 0;
export const LINEAR_PACK = 1;
export const LINEAR_LOGITS = 2;
export const LINEAR_FLUSH = 3;
export const LINEAR_HIDDEN = 4;
export const LINEAR_MATRIX = 5;
export const LINEAR_LOSSES = 6;
export const LINEAR_CONVERT = 7;
export const LINEAR_FILTER = 8;
export const LINEAR_CLEAR = 9;
export const LINEAR_DISCARDED = 10;

/** Classes of a span that a gradient filter leaves out or keeps: core's FILTER_CLASSES. */
export const FILTER_CLASSES = 64;
