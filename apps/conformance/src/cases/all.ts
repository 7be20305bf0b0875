import { crossEntropy } from "./cross-entropy.ts";
import { distributions } from "./distributions.ts";
import { elementWise, klDivergence } from "./element-wise.ts";
import type { Family } from "./family.ts";
import { linearCrossEntropy } from "./linear-cross-entropy.ts";
import { focalLoss, nllLoss, perplexity, stats } from "./row-losses.ts";
import { logSoftmax, logSumExp, softmax } from "./softmax.ts";
import { cast, oneHot, random } from "./tensors.ts";

/** Every family of generated cases. */
export const FAMILIES: readonly Family[] = [
  crossEntropy,
  stats,
  linearCrossEntropy,
  nllLoss,
  focalLoss,
  perplexity,
  softmax,
  logSoftmax,
  logSumExp,
  ...elementWise,
  klDivergence,
  ...distributions,
  oneHot,
  cast,
  ...random,
];
