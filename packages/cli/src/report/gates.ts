import { CliError, EXIT } from "../exit.ts";
import type { MetricsResult } from "../metrics/metrics.ts";
import { causeText, zeroDivisorText } from "./non-finite-text.ts";
import { count, significant } from "./numbers.ts";

/** What a result must keep to, for the exit code to be 0. */
export interface Gates {
  /** The loss may not be larger, in nats. */
  readonly maxLoss?: number;
  /** The loss of every row must be a finite number, and what they are reduced to. */
  readonly failOnNan?: boolean;
}

/** What gates look at. */
export type Gated = { readonly loss: number } & Pick<MetricsResult, "nonFinite" | "zeroDivisor" | "rows">;

/**
 * Called when the result has been written: the exit code is about it, and takes nothing away from it.
 * @throws CliError with exit code 1 and what was not kept to; a loss that is NaN is not below any limit
 */
export function checkGates(gated: Gated, { maxLoss, failOnNan = false }: Gates): void {
  const { loss } = gated;
  const failures: string[] = [];
  if (maxLoss !== undefined && !(loss <= maxLoss)) {
    failures.push(`the loss is ${significant(loss)}, above --max-loss ${maxLoss}`);
  }
  const broken = failOnNan ? nonFiniteText(gated) : undefined;
  if (broken !== undefined) failures.push(broken);
  if (failures.length > 0) throw new CliError(EXIT.gateFailed, failures.join("; "));
}

/** Of rows the first, with its cause; else why there is no finite loss of all. */
function nonFiniteText(gated: Gated): string | undefined {
  const { nan, positive, negative, rows } = gated.nonFinite;
  const [first] = rows;
  if (first !== undefined) {
    const losses = nan + positive + negative === 1 ? "1 loss is" : `${count(nan + positive + negative)} losses are`;
    return `${losses} not finite (--fail-on-nan): the first is ${first.loss}, in row ${first.row}: ${causeText(first)}`;
  }
  if (Number.isFinite(gated.loss)) return undefined;
  return `the loss is ${gated.loss} (--fail-on-nan): ${zeroDivisorText(gated) ?? "the losses add up to more than a double holds"}`;
}
