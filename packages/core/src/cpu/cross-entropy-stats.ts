import type { CpuKernel } from "../backend.ts";
import type { CrossEntropyPlan } from "../plan.ts";
import { type AfterLosses, crossEntropy, type RowKernel } from "./cross-entropy.ts";
import { RowReport } from "./row-report.ts";
import { TargetLabels } from "./target-labels.ts";

/**
 * Cross entropy of rows with what an evaluation wants to know besides: a second look at each row, with its maximum and sum
 * known.
 */
export const crossEntropyStatsKernel: CpuKernel<CrossEntropyPlan> = { run: (plan) => crossEntropy(plan, statistics) };

function statistics(kernel: RowKernel): AfterLosses {
  const { plan, tiling, formula, target } = kernel;
  const labels = new TargetLabels(target, tiling.rows);
  return () => {
    const report = new RowReport(formula, labels, kernel.block.count);
    kernel.tiles((tile) => {
      kernel.load(tile);
      report.add(tile);
    });
    if (plan.stats !== undefined) report.store(plan.stats, kernel.block);
    labels.forget();
  };
}
