import { CliError, EXIT } from "../exit.ts";
import type { TotalsResult } from "./totals.ts";

/** How losses become one, by `crossEntropy`'s names. */
export interface ReductionOptions {
  readonly reduction: "mean" | "sum";
  readonly normalizer?: number;
  readonly onEmpty?: "nan" | "zero" | "throw";
}

/**
 * The loss as `crossEntropy` reduces it, in nats.
 * @throws CliError with exit code 3 for a mean over no row, under `onEmpty: "throw"`
 */
export function reducedLoss(totals: TotalsResult, options: ReductionOptions): number {
  const { reduction, normalizer, onEmpty = "nan" } = options;
  if (reduction === "sum") return totals.lossSum;
  if (normalizer !== undefined) return totals.lossSum / normalizer;
  if (totals.keptRows > 0 || onEmpty === "nan") return totals.lossMean;
  if (onEmpty === "zero") return 0;
  throw new CliError(EXIT.badInput, "the mean is over no row at all (all are left out, or there are none)");
}

/** Bits for each byte of the text that the rows stand for: Σ loss by log 2 and the bytes. */
export function bitsPerByte({ lossSumBits }: TotalsResult, bytes: number): number {
  return lossSumBits / bytes;
}
