import { COPY, CROSS_ENTROPY, LINEAR_CROSS_ENTROPY, ONE_HOT, POINTWISE, SOFTMAX, TARGET_MASS } from "../src/codes";
import { linear } from "./linear";
import { copy } from "./copy";
import { crossEntropy } from "./cross-entropy";
import { checkIndices, oneHot } from "./one-hot";
import { checkProbabilities, pointwise } from "./pointwise";
import {
  CopyPlan,
  CrossEntropyPlan,
  LinearPlan,
  MassPlan,
  OneHotPlan,
  Partial,
  partialOf,
  Plan,
  PointwisePlan,
  SoftmaxPlan,
} from "./records";
import { SCRATCH_BYTES, useScratch } from "./scratch";
import { softmax } from "./softmax";
import { targetMass } from "./target-mass";

/** First byte behind the tables of the functions. */
export const memoryBase: usize = __heap_base;
/** What each thread needs to work with. */
export const scratchBytes: usize = SCRATCH_BYTES;

/** Runs a chunk of the plan at an address, with working memory at another. */
export function run(record: usize, chunk: i32, scratch: usize): void {
  useScratch(scratch);
  const plan = changetype<Plan>(record);
  // Chunks are blocks of rows, cut along the classes where there are few rows.
  const across = chunk % plan.columns;
  const first = (chunk / plan.columns) * plan.chunkRows;
  const end = min(first + plan.chunkRows, plan.rows);
  const start = across * plan.chunkClasses;
  const stop = min(start + plan.chunkClasses, plan.classes);
  const partial = partialOf(plan, chunk);
  if (plan.kind == CROSS_ENTROPY) crossEntropy(changetype<CrossEntropyPlan>(record), first, end, partial);
  else if (plan.kind == TARGET_MASS) targetMass(changetype<MassPlan>(record), first, end, partial);
  else if (plan.kind == SOFTMAX) softmax(changetype<SoftmaxPlan>(record), first, end);
  else if (plan.kind == LINEAR_CROSS_ENTROPY) linear(changetype<LinearPlan>(record), first, end);
  else if (plan.kind == COPY) copy(changetype<CopyPlan>(record), first, end);
  else if (plan.kind == ONE_HOT) {
    const one = changetype<OneHotPlan>(record);
    if (plan.phase == 0) checkIndices(one, first, end, partial);
    else oneHot(one, first, end);
  } else if (plan.kind == POINTWISE) {
    const pointwisePlan = changetype<PointwisePlan>(record);
    if (plan.phase == 0) checkProbabilities(pointwisePlan, first, end, start, stop, partial);
    else pointwise(pointwisePlan, first, end, start, stop, partial);
  }
}
