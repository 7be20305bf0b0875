import { CROSS_ENTROPY, LINEAR_CROSS_ENTROPY, POINTWISE, REDUCE_TOTAL, TARGET_MASS } from "../src/codes";
import { write } from "./elements";
import { limit } from "./formula";
import { LossPlan, MassPlan, partialOf, Plan, PointwisePlan } from "./records";
import { divisorOf, keptRows, saturates } from "./row-formula";
import { beginTotals, dividedParts, grandTotal, mergeTotals } from "./totals";

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
    if (loss.reduce) write<f64>(loss.loss.dtype, loss.loss.pointer, reducedLoss(loss, chunks));
  } else if (plan.kind == POINTWISE && plan.phase != 0) {
    const pointwise = changetype<PointwisePlan>(record);
    if (pointwise.reduce != REDUCE_TOTAL) return -1;
    collect(plan, chunks);
    write<f64>(pointwise.output.dtype, pointwise.output.pointer, grandTotal() * pointwise.scale); // 0 · ∞ is NaN: the mean of nothing
  }
  return -1;
}

function collect(plan: Plan, chunks: i32): void {
  beginTotals();
  for (let i = 0; i < chunks; i++) mergeTotals(partialOf(plan, i));
}

function reducedLoss(plan: LossPlan, chunks: i32): f64 {
  collect(plan, chunks);
  const divisor = divisorOf(plan);
  if (keptRows(plan) == 0) return plan.empty;
  // At a divisor of 0 each part is ±∞ or 0/0, and they may cancel.
  if (plan.strict && divisor == 0 && plan.base != 0) return dividedParts(divisor);
  return f64x2.extract_lane(limit<f64>(f64x2.splat(grandTotal()), saturates(plan)), 0) / divisor;
}
