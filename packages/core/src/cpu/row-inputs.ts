import type { CrossEntropyPlan, LossNumbers } from "../plan.ts";
import { ONE_ROW } from "./mass.ts";
import type { RowFormula } from "./row-formula.ts";
import { type Block, load, loadColumn } from "./tile.ts";

// What the row formula is fed with, in f64, for cross entropy and its linear form alike.

/** `x ← softcap · tanh(logitScale · x / softcap)`, and its derivative by x into `slope` where that is wanted. */
export function transform(logits: Float64Array, { logitScale, softcap }: LossNumbers, slope?: Float64Array): void {
  if (logitScale !== 1) for (let i = 0; i < logits.length; i++) logits[i] = (logits[i] as number) * logitScale;
  if (softcap === 0) {
    if (logitScale !== 1) slope?.fill(logitScale);
    return;
  }
  for (let i = 0; i < logits.length; i++) {
    const t = Math.tanh((logits[i] as number) / softcap);
    logits[i] = softcap * t;
    if (slope !== undefined) slope[i] = logitScale * (1 - t) * (1 + t);
  }
}

/** Whether `transform` changes anything, so that gradients need its slope. */
export function transforms({ logitScale, softcap }: LossNumbers): boolean {
  return logitScale !== 1 || softcap !== 0;
}

/** Carries a tile of gradients back through `transform`. Where there is none, as in rows left out, a slope of NaN makes none. */
export function chain(gradients: Float64Array, slope: Float64Array | undefined): void {
  if (slope === undefined) return;
  for (let i = 0; i < gradients.length; i++) {
    const gradient = gradients[i] as number;
    gradients[i] = gradient === 0 ? 0 : gradient * (slope[i] as number);
  }
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

/** Sets what the row formula needs to know of a block's rows, where it is not the same for all. */
export function beginRows(
  { target, rowWeight, upstream, hot }: Pick<CrossEntropyPlan, "target" | "upstream" | keyof LossNumbers>,
  formula: RowFormula,
  block: Block,
  weights: Float64Array | undefined,
): void {
  if (rowWeight !== undefined) loadColumn(rowWeight, block, formula.rowWeight);
  if (typeof upstream !== "number") loadColumn(upstream, block, formula.upstream);
  if (target.kind === "dense") return;
  const { label: labels, hot: masses, rowWeight: rowWeights } = formula;
  const { ignoreIndex } = target;
  loadColumn(target.operand, block, labels);
  for (let p = 0; p < block.count; p++) {
    const label = labels[p] as number;
    masses[p] = weights === undefined ? hot : hot * (weights[label] as number);
    if (label === ignoreIndex) {
      rowWeights[p] = 0;
      labels[p] = -1;
    } else if (rowWeight === undefined) rowWeights[p] = 1;
  }
}
