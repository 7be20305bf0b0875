import type { MetricsResult } from "../metrics/metrics.ts";
import { bitsPerByte, reducedLoss, type ReductionOptions } from "../metrics/reduced.ts";

/** What an evaluation has to say, as `--json` writes it. Losses are in nats unless their name says bits. */
export interface Evaluation extends MetricsResult {
  readonly reduction: "mean" | "sum";
  /** The loss as it was to be reduced. */
  readonly loss: number;
  readonly lossBits: number;
  /** `exp` of the mean as it was to be reduced, also where the loss is the sum. */
  readonly perplexity: number;
  /** Only where the bytes of the text were given. */
  readonly bitsPerByte?: number;
}

/**
 * The results of metrics under a reduction.
 * @throws CliError as `reducedLoss`
 */
export function evaluationOf(
  result: MetricsResult,
  { reduction, bytes }: { readonly reduction: ReductionOptions; readonly bytes?: number | undefined },
): Evaluation {
  const loss = reducedLoss(result, reduction);
  const onEmpty = reduction.onEmpty === "zero" ? "zero" : "nan"; // a sum over no row is no error
  const mean = reduction.reduction === "mean" ? loss : reducedLoss(result, { reduction: "mean", onEmpty });
  return {
    ...result,
    reduction: reduction.reduction,
    loss,
    lossBits: loss / Math.LN2,
    perplexity: Math.exp(mean),
    ...(bytes !== undefined && { bitsPerByte: bitsPerByte(result, bytes) }),
  };
}
