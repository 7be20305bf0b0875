import { CROSS_ENTROPY, LINEAR_CROSS_ENTROPY, POINTWISE, REDUCE_TOTAL, TARGET_MASS } from "../src/codes";
import { write } from "./elements";
import { limit } from "./formula";
import { LossPlan, MassPlan, partialOf, Plan, PointwisePlan } from "./records";
import { divisorOf, keptRows, saturates } from "./row-formula";
import { beginTotals, dividedParts, grandTotal, mergeTotals, storeTotals } from "./totals";

/**
 * Puts together what the chunks of a plan have left, in their order, so that the result does not depend on who did which. Gives
 * the first chunk that has found bad data, or −1.
 */
export function merge(record: usize, chunks: i32): i32 {
  const plan = changetype<Plan>(record);
  if (plan.checks) {
    for (let i = 0; i < chunks; i++) if (partialOf(plan, i).badRow >= 0) return i;
  }
  if (plan.kind == TARGET_MASS) {
    const mass = changetype<MassPlan>(record).mass;
    let total: f64 = 0;
    let kept: f64 = 0;
    for (let i = 0; i < chunks; i++) {
      total += partialOf(plan, i).total;
      kept += partialOf(plan, i).kept;
    }
    store<f64>(mass, total);
    store<f64>(mass, kept, 8);
  } else if (plan.kind == CROSS_ENTROPY || plan.kind == LINEAR_CROSS_ENTROPY) {
    const loss = changetype<LossPlan>(record);
    // Of a linear plan the blocks' sum is in front of the chunks.
    const from = plan.kind == LINEAR_CROSS_ENTROPY ? -1 : 0;
    if (loss.reduce) write<f64>(loss.loss.dtype, loss.loss.pointer, reducedLoss(loss, from, chunks));
  } else if (plan.kind == POINTWISE && plan.phase != 0) {
    const pointwise = changetype<PointwisePlan>(record);
    if (pointwise.reduce != REDUCE_TOTAL) return -1;
    collect(plan, 0, chunks);
    write<f64>(pointwise.output.dtype, pointwise.output.pointer, grandTotal() * pointwise.scale); // 0 · ∞ is NaN: the mean of nothing
  }
  return -1;
}

/** Adds what `chunks` chunks of a block have left to the partial in front of theirs, which is cleared `first`. */
export function fold(record: usize, chunks: i32, first: bool): void {
  const plan = changetype<Plan>(record);
  const sum = partialOf(plan, -1);
  beginTotals();
  if (!first) mergeTotals(sum);
  for (let i = 0; i < chunks; i++) mergeTotals(partialOf(plan, i));
  storeTotals(sum);
}

function collect(plan: Plan, from: i32, end: i32): void {
  beginTotals();
  for (let i = from; i < end; i++) mergeTotals(partialOf(plan, i));
}

function reducedLoss(plan: LossPlan, from: i32, end: i32): f64 {
  collect(plan, from, end);
  const divisor = divisorOf(plan);
  if (keptRows(plan) == 0) return plan.empty;
  // At a divisor of 0 each part is ±∞ or 0/0, and they may cancel.
  if (plan.strict && divisor == 0 && plan.base != 0) return dividedParts(divisor);
  return f64x2.extract_lane(limit<f64>(f64x2.splat(grandTotal()), saturates(plan)), 0) / divisor;
}
