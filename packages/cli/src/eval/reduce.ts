import type { MetricsResult } from "../metrics/metrics.ts";
import { CliError, EXIT } from "../exit.ts";
import type { LossOptions } from "./options.ts";
import type { EvalReport } from "./report.ts";

/** The losses of a report, from sums over all rows: what `crossEntropy` would give with these options. */
export function reduced(
  { lossSum, lossMean, keptRows }: MetricsResult,
  { reduction, normalizer, onEmpty }: LossOptions,
  losses: readonly number[] | undefined,
): Pick<EvalReport, "loss" | "lossBits" | "perplexity"> {
  const mean = meanOf();
  const perplexity = Math.exp(mean);
  if (losses !== undefined) return { loss: losses, lossBits: losses.map(toBits), perplexity };
  const loss = reduction === "sum" ? lossSum : mean;
  return { loss, lossBits: toBits(loss), perplexity };

  function meanOf(): number {
    if (normalizer !== undefined) return lossSum / normalizer;
    if (keptRows > 0) return lossMean;
    if (onEmpty === "throw") {
      throw new CliError(EXIT.badInput, "the mean is over no row at all (all are left out, or there are none)");
    }
    return onEmpty === "zero" ? 0 : NaN;
  }
}

function toBits(nats: number): number {
  return nats / Math.LN2;
}
