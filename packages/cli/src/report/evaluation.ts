import type { Metrics, MetricsResult } from "../metrics/metrics.ts";
import { bitsPerByte, reducedLoss, type ReductionOptions } from "../metrics/reduced.ts";

/** What an evaluation has to say, as `--json` writes it. Losses are in nats unless their name says bits. */
export interface Evaluation extends MetricsResult {
  readonly reduction: "mean" | "sum";
  /** The loss as it was to be reduced. */
  readonly loss: number;
  readonly lossBits: number;
  /** Only where the bytes of the text were given. */
  readonly bitsPerByte?: number;
}

/**
 * The results of metrics under a reduction.
 * @throws CliError as `reducedLoss`
 */
export function evaluationOf(
  metrics: Metrics,
  { reduction, bytes }: { readonly reduction: ReductionOptions; readonly bytes?: number },
): Evaluation {
  const result = metrics.result();
  const loss = reducedLoss(result, reduction);
  return {
    reduction: reduction.reduction,
    loss,
    lossBits: loss / Math.LN2,
    ...(bytes !== undefined && { bitsPerByte: bitsPerByte(result, bytes) }),
    ...result,
  };
}
