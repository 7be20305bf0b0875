import { CliError, EXIT } from "../exit.ts";
import { significant } from "./numbers.ts";

/** What a result must keep to, for the exit code to be 0. */
export interface Gates {
  /** The loss may not be larger, in nats. */
  readonly maxLoss?: number;
  /** Every loss must be a finite number. */
  readonly failOnNan?: boolean;
}

/** What gates look at. */
export interface Gated {
  readonly loss: number;
  readonly nonFinite: { readonly nan: number; readonly positive: number; readonly negative: number };
  readonly firstNonFinite: { readonly row: number; readonly loss: number } | undefined;
}

/**
 * Called when the result has been written: the exit code is about it, and takes nothing away from it.
 * @throws CliError with exit code 1 and what was not kept to; a loss that is NaN is not below any limit
 */
export function checkGates({ loss, nonFinite, firstNonFinite }: Gated, { maxLoss, failOnNan = false }: Gates): void {
  const failures: string[] = [];
  if (maxLoss !== undefined && !(loss <= maxLoss)) {
    failures.push(`the loss is ${significant(loss)}, above --max-loss ${maxLoss}`);
  }
  const broken = nonFinite.nan + nonFinite.positive + nonFinite.negative;
  if (failOnNan && broken > 0) {
    const first =
      firstNonFinite === undefined ? "" : `: the first is ${firstNonFinite.loss}, in row ${firstNonFinite.row}`;
    failures.push(`${broken} losses are not finite (--fail-on-nan)${first}`);
  }
  if (failures.length > 0) throw new CliError(EXIT.gateFailed, failures.join("; "));
}
