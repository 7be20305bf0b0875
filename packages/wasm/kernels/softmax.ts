import { OF_LOG_SUM_EXP, OF_SOFTMAX } from "../src/codes";
import { fill } from "./elements";
import { SoftmaxPlan } from "./records";
import { column, SHORT_COLUMN, SHORT_ROW } from "./scratch";
import { softmaxPlanes } from "./softmax-planes";
import { softmaxRows } from "./softmax-rows";
import { storeColumn } from "./tile";

// softmax, log-softmax, log-sum-exp and their gradients, from (lead, peak, rest) of each row; across rows or along them, as cross
// entropy (cross-entropy.ts).

/** Rows `first … end − 1`. */
export function softmax(plan: SoftmaxPlan, first: i32, end: i32): void {
  if (plan.classes == 0) return emptySums(plan, first, end);
  if (plan.classes <= (plan.input.classStep == 1 ? SHORT_ROW : SHORT_COLUMN)) softmaxPlanes(plan, first, end);
  else softmaxRows(plan, first, end);
}

/** The log-sum-exp of nothing is −∞. */
function emptySums(plan: SoftmaxPlan, first: i32, end: i32): void {
  if (plan.result != OF_LOG_SUM_EXP || plan.upstream !== null) return;
  fill<f64>(column(0), -Infinity, 1);
  for (let row = first; row < end; row++) storeColumn<f64>(plan, plan.output, row, 1, column(0));
}
