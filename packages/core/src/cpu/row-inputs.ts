import type { CrossEntropyPlan, LossNumbers } from "../plan.ts";
import { ONE_ROW } from "./mass.ts";
import type { RowFormula } from "./row-formula.ts";
import type { LogitTile } from "./row-stats.ts";
import { type Block, load, loadColumn } from "./tile.ts";

// What the row formula is fed with, in f64, for cross entropy and its linear form alike.

/** `x ← softcap · tanh(logitScale · x / softcap)`. */
export function transform(logits: Float64Array, { logitScale, softcap }: LossNumbers): void {
  if (logitScale !== 1) for (let i = 0; i < logits.length; i++) logits[i] = (logits[i] as number) * logitScale;
  if (softcap !== 0)
    for (let i = 0; i < logits.length; i++) logits[i] = softcap * Math.tanh((logits[i] as number) / softcap);
}

/** Lets `differentiate` turn a tile of transformed logits into their gradient, and carries that through `transform`. */
export function chain(
  { logitScale, softcap }: LossNumbers,
  { values }: LogitTile,
  slope: Float64Array | undefined,
  differentiate: () => void,
): void {
  if (slope !== undefined) {
    for (let i = 0; i < values.length; i++) {
      const t = (values[i] as number) / softcap;
      slope[i] = logitScale * (1 - t) * (1 + t);
    }
  }
  differentiate();
  if (slope !== undefined)
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * (slope[i] as number);
  else if (logitScale !== 1) for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * logitScale;
}

/** Class weights in f64. */
export function classWeights({ weight }: LossNumbers, classes: number): Float64Array | undefined {
  if (weight === undefined) return undefined;
  const weights = new Float64Array(classes);
  load(weight, ONE_ROW, 0, classes, weights, classes);
  return weights;
}

/** The mass that smoothing puts on every class for an index target, `base · w_j`. */
export function smoothing(
  { base }: LossNumbers,
  classes: number,
  weights: Float64Array | undefined,
): Float64Array | undefined {
  if (base === 0) return undefined;
  return weights === undefined ? new Float64Array(classes).fill(base) : weights.map((weight) => base * weight);
}

/** Sets labels, hot masses, row weights and upstream gradients of a block's rows. */
export function beginRows(
  plan: Pick<CrossEntropyPlan, "target" | "upstream" | keyof LossNumbers>,
  { label, hot, rowWeight, upstream }: RowFormula,
  block: Block,
  weights: Float64Array | undefined,
): void {
  const { target } = plan;
  if (plan.rowWeight !== undefined) loadColumn(plan.rowWeight, block, rowWeight);
  else rowWeight.fill(1);
  if (typeof plan.upstream === "number") upstream.fill(plan.upstream);
  else loadColumn(plan.upstream, block, upstream);
  if (target.kind === "dense") {
    label.fill(-1);
    hot.fill(0);
    return;
  }
  loadColumn(target.operand, block, label);
  for (let p = 0; p < block.count; p++) {
    if (label[p] === target.ignoreIndex) {
      rowWeight[p] = 0;
      label[p] = -1;
    } else {
      hot[p] = plan.hot * (weights === undefined ? 1 : (weights[label[p] as number] as number));
    }
  }
}
