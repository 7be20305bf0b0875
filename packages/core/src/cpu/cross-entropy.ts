import type { CrossEntropyPlan, RowStats as StatsOperands } from "../plan.ts";
import { ONE_ROW } from "./mass.ts";
import { RowFormula } from "./row-formula.ts";
import { transform } from "./row-inputs.ts";
import { RowReport } from "./row-report.ts";
import { TargetTiles } from "./target-tiles.ts";
import { type Block, load, newTile, store, storeColumn, storeScalar, type Tiling, tilingOf } from "./tile.ts";

/**
 * Cross entropy of rows: block by block, tile by tile, through the row formula. Reads each logit once, twice with a
 * gradient (from the tile where it holds whole rows, else from the caches); holds a few tiles and columns.
 */
export function crossEntropy(plan: CrossEntropyPlan): void {
  const { rows, loss, gradient, stats } = plan;
  const tiling = tilingOf(rows, plan.logits.strides[1] !== 1);
  const kernel = new RowKernel(plan, tiling);
  const count = rows.outer * rows.inner;
  for (let first = 0; first < count; first += tiling.rows) {
    kernel.begin({ rows, first, count: Math.min(tiling.rows, count - first) });
    kernel.reduce();
    if (stats !== undefined) kernel.stats(stats);
    if (gradient !== undefined || plan.targetGradient !== undefined) kernel.gradients();
    if (!plan.reduce) storeColumn(loss, kernel.block, kernel.formula.loss);
  }
  if (plan.reduce) storeScalar(loss, kernel.formula.total());
}

/** The tiles of one block. */
class RowKernel {
  readonly formula: RowFormula;
  block: Block = ONE_ROW;
  readonly #plan: CrossEntropyPlan;
  readonly #tiling: Tiling;
  readonly #logits: Float64Array;
  readonly #target: TargetTiles;
  /** d capped / d logit, where there is a softcap. */
  readonly #slope: Float64Array | undefined;
  readonly #targetGradient: Float64Array | undefined;

  constructor(plan: CrossEntropyPlan, tiling: Tiling) {
    this.#plan = plan;
    this.#tiling = tiling;
    this.formula = new RowFormula(plan, tiling.rows, plan.loss.dtype);
    this.#logits = newTile(tiling);
    this.#target = new TargetTiles(plan, tiling, this.formula);
    this.#slope = plan.softcap === 0 || plan.gradient === undefined ? undefined : newTile(tiling);
    this.#targetGradient = plan.targetGradient && newTile(tiling);
  }

  begin(block: Block): void {
    this.block = block;
    this.#target.begin(block);
    this.formula.begin(block.count);
  }

  /** Everything that a row's loss needs, then the loss. */
  reduce(): void {
    const { block, formula } = this;
    const { classes } = block.rows;
    this.#tiles((start, width) => {
      this.#load(start, width);
      for (let p = 0; p < block.count; p++) {
        const from = p * this.#tiling.pitch;
        formula.add(p, this.#logits, from, from + width, start, this.#target.spread(p, start));
      }
    });
    for (let p = 0; p < block.count; p++) formula.finish(p, classes);
  }

  gradients(): void {
    const { gradient, targetGradient } = this.#plan;
    const { whole, pitch } = this.#tiling;
    this.#tiles((start, width) => {
      if (!whole) this.#load(start, width);
      if (targetGradient !== undefined && this.#targetGradient !== undefined) {
        this.#target.gradient(start, width, this.#logits, this.#targetGradient);
        store(targetGradient, this.block, start, width, this.#targetGradient, pitch);
      }
      if (gradient === undefined) return;
      this.#gradient(width, start);
      store(gradient, this.block, start, width, this.#logits, pitch);
    });
  }

  #gradient(width: number, start: number): void {
    const { softcap, logitScale } = this.#plan;
    const { pitch } = this.#tiling;
    const logits = this.#logits;
    const slope = this.#slope;
    if (slope !== undefined) {
      for (let i = 0; i < logits.length; i++) {
        const t = (logits[i] as number) / softcap;
        slope[i] = (1 - t) * (1 + t);
      }
    }
    for (let p = 0; p < this.block.count; p++) {
      const from = p * pitch;
      this.formula.gradient(p, logits, from, from + width, start, this.#target.spread(p, start));
    }
    if (slope !== undefined)
      for (let i = 0; i < logits.length; i++) logits[i] = (logits[i] as number) * (slope[i] as number);
    if (logitScale !== 1) for (let i = 0; i < logits.length; i++) logits[i] = (logits[i] as number) * logitScale;
  }

  /** What an evaluation wants to know besides the loss: a second look at the row, with its maximum and sum known. */
  stats(operands: StatsOperands): void {
    const report = new RowReport(this.formula, this.#target, this.block.count);
    this.#tiles((start, width) => {
      if (!this.#tiling.whole) this.#load(start, width);
      for (let p = 0; p < this.block.count; p++) {
        const from = p * this.#tiling.pitch;
        report.add(p, this.#logits, from, from + width, start);
      }
    });
    report.store(operands, this.block);
  }

  #tiles(visit: (start: number, width: number) => void): void {
    const { classes } = this.block.rows;
    for (let start = 0; start < classes; start += this.#tiling.width) {
      visit(start, Math.min(this.#tiling.width, classes - start));
    }
  }

  #load(start: number, width: number): void {
    const { pitch } = this.#tiling;
    load(this.#plan.logits, this.block, start, width, this.#logits, pitch);
    transform(this.#logits, this.#plan);
    this.#target.load(start, width, this.#logits);
  }
}
