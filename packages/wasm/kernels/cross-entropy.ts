import { crossEntropyPlanes } from "./cross-entropy-planes";
import { crossEntropyRows } from "./cross-entropy-rows";
import { CrossEntropyPlan, Partial } from "./records";
import { divisorOf } from "./row-formula";
import { column, LOSS, SHORT_COLUMN, SHORT_ROW } from "./scratch";
import { storeColumn } from "./tile";
import { beginTotals, storeTotals } from "./totals";

// Cross entropy of rows, block by block: reduce each row to (lead, peak, rest), finish the formula, write the gradient from
// exponentials that are still in the cache. Each logit is read once from memory, and each gradient written once.
//
// Rows of few classes, and rows whose classes lie apart, are computed across: as many rows as a vector holds at a time
// (cross-entropy-planes). Others are computed along their classes (cross-entropy-rows).

/** Rows `first … end − 1`. */
export function crossEntropy(plan: CrossEntropyPlan, first: i32, end: i32, partial: Partial): void {
  beginTotals();
  // At a divisor of 0 PyTorch's parts may cancel, which only f64 keeps apart.
  const parts = plan.strict != 0 && plan.base != 0 && divisorOf(plan) == 0;
  const wide = plan.width == 8 || parts;
  if (plan.classes == 0) return emptyRows(plan, first, end, partial);
  if (plan.classes <= (plan.logits.classStep == 1 ? SHORT_ROW : SHORT_COLUMN))
    crossEntropyPlanes(plan, first, end, wide);
  else crossEntropyRows(plan, first, end, wide);
  storeTotals(partial);
}

/** Rows without classes lose nothing. */
function emptyRows(plan: CrossEntropyPlan, first: i32, end: i32, partial: Partial): void {
  store<f64>(column(LOSS), 0);
  if (!plan.reduce) for (let row = first; row < end; row++) storeColumn<f64>(plan, plan.loss, row, 1, column(LOSS));
  storeTotals(partial);
}
