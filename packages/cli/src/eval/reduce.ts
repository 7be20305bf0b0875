import type { MetricsResult } from "../metrics/metrics.ts";
import { reducedLoss } from "../metrics/reduced.ts";
import type { LossOptions } from "./options.ts";
import type { EvalReport } from "./report.ts";

/**
 * The losses of a report, from sums over all rows: what `crossEntropy` would give with these options.
 * @throws CliError as `reducedLoss`
 */
export function reduced(
  metrics: MetricsResult,
  { reduction, normalizer, onEmpty }: LossOptions,
  losses: readonly number[] | undefined,
): Pick<EvalReport, "loss" | "lossBits" | "perplexity"> {
  const mean = reducedLoss(metrics, {
    reduction: "mean",
    ...(normalizer !== undefined && { normalizer }),
    ...(onEmpty !== undefined && { onEmpty }),
  });
  const perplexity = Math.exp(mean);
  if (losses !== undefined) return { loss: losses, lossBits: losses.map(toBits), perplexity };
  const loss = reduction === "sum" ? metrics.lossSum : mean;
  return { loss, lossBits: toBits(loss), perplexity };
}

function toBits(nats: number): number {
  return nats / Math.LN2;
}
