import type { FoundCause, NonFiniteCause } from "../metrics/non-finite.ts";
import type { MetricsResult } from "../metrics/metrics.ts";
import { count } from "./numbers.ts";

const CAUSES: Readonly<Record<NonFiniteCause, string>> = {
  "logit-nan": "a logit is NaN",
  "logit-infinite": "a logit is +∞",
  "logits-all-minus-infinite": "every logit is −∞",
  "target-not-finite": "a target probability is not finite",
  "weight-not-finite": "a class weight is not finite",
  "row-weight-not-finite": "the row weight is not finite",
  "zero-weight": "a class of weight 0 has the logit −∞: 0 · ∞",
  "zero-target": "a class without a share of the target has the logit −∞: 0 · ∞",
  "target-logit-minus-infinite": "the logit of the target is −∞, its probability 0",
  "smoothed-logit-minus-infinite": "a logit that label smoothing counts is −∞",
  overflow: "the loss is larger than its dtype holds",
};

/** A cause in words, with its class where there is one: `a logit is NaN (class 3)`. */
export function causeText({ cause, class: at = -1 }: Pick<FoundCause, "cause"> & Partial<FoundCause>): string {
  return at < 0 ? CAUSES[cause] : `${CAUSES[cause]} (class ${at})`;
}

/** Why a mean divides by 0, or undefined where it does not. */
export function zeroDivisorText({
  zeroDivisor,
  rows,
}: Pick<MetricsResult, "zeroDivisor" | "rows">): string | undefined {
  if (zeroDivisor === undefined) return undefined;
  if (zeroDivisor === "weights") return "the weights of the kept rows add up to 0";
  if (rows === 0) return "there are no rows";
  return rows === 1 ? "the only row is left out" : `all ${count(rows)} rows are left out`;
}
