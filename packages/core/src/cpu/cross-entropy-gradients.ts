import type { CpuKernel } from "../backend.ts";
import type { CrossEntropyPlan } from "../plan.ts";
import { type AfterLosses, crossEntropy, type RowKernel } from "./cross-entropy.ts";
import { LabelColumnsGradient } from "./label-columns-gradient.ts";
import { expAgain, rowGradient } from "./row-gradient.ts";
import { chain } from "./row-inputs.ts";
import { targetGradientOf } from "./target-gradient.ts";
import { newTile, store } from "./tile.ts";

/** Cross entropy of rows with its gradients by the logits and by target probabilities. */
export const crossEntropyGradientsKernel: CpuKernel<CrossEntropyPlan> = {
  run: (plan) => crossEntropy(plan, gradients),
};

function gradients(kernel: RowKernel): AfterLosses {
  const { plan, tiling, formula, target, slope } = kernel;
  const { gradient, targetGradient } = plan;
  const targetTile = targetGradient && newTile(tiling);
  const columns = kernel.columns && new LabelColumnsGradient(kernel.columns);
  return () => {
    const { block } = kernel;
    if (kernel.inColumns && columns !== undefined && gradient !== undefined) return columns.store(gradient, block);
    kernel.tiles((tile) => {
      // A tile of whole rows still holds what the first pass has left: the exponentials.
      const reload = !tiling.whole || targetGradient !== undefined;
      if (reload) kernel.load(tile);
      if (targetGradient !== undefined && targetTile !== undefined) {
        targetGradientOf(target, tile, targetTile);
        store(targetGradient, block, tile.start, tile.width, targetTile, tile.pitch);
      }
      if (gradient === undefined) return;
      if (reload) expAgain(formula, tile);
      rowGradient(formula, tile, target.spread(tile.start));
      chain(tile.values, slope);
      store(gradient, block, tile.start, tile.width, tile.values, tile.pitch);
    });
  };
}
