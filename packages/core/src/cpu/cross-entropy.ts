import type { CpuKernel } from "../backend.ts";
import type { CrossEntropyPlan } from "../plan.ts";
import { LabelColumns } from "./label-columns.ts";
import { ONE_ROW } from "./mass.ts";
import { RowFormula } from "./row-formula.ts";
import { transform, transforms } from "./row-inputs.ts";
import type { LogitTile } from "./row-stats.ts";
import { TargetTiles } from "./target-tiles.ts";
import { type Block, load, newTile, storeColumn, storeScalar, type Tiling, tilingOf } from "./tile.ts";

/** What is made of a block once its losses are known. */
export type AfterLosses = () => void;

/**
 * Cross entropy of rows: block by block, tile by tile, through the row formula. Reads each logit once, twice where
 * something follows the losses (from the tile where it holds whole rows, else from the caches); holds a few tiles and columns.
 */
export const crossEntropyKernel: CpuKernel<CrossEntropyPlan> = { run: (plan) => crossEntropy(plan) };

/** The same with what follows the losses. */
export function crossEntropy(plan: CrossEntropyPlan, following?: (kernel: RowKernel) => AfterLosses): void {
  const { rows, loss } = plan;
  const tiling = tilingOf(rows, plan.logits.strides[1] !== 1);
  const kernel = new RowKernel(plan, tiling);
  const afterLosses = following?.(kernel);
  const count = rows.outer * rows.inner;
  for (let first = 0; first < count; first += tiling.rows) {
    kernel.begin({ rows, first, count: Math.min(tiling.rows, count - first) });
    kernel.reduce();
    afterLosses?.();
    if (!plan.reduce) storeColumn(loss, kernel.block, kernel.formula.loss);
  }
  if (plan.reduce) storeScalar(loss, kernel.formula.total());
}

/** The tiles of one block. */
export class RowKernel {
  readonly formula: RowFormula;
  block: Block = ONE_ROW;
  readonly plan: CrossEntropyPlan;
  readonly tiling: Tiling;
  readonly target: TargetTiles;
  /** Derivative of the transformed logits, where they are transformed and it is asked for. */
  readonly slope: Float64Array | undefined;
  /** Index targets under the default policy need no maximum: `log z = log1p(Σ exp(x_j − x_y))` over the other classes. */
  readonly #byLabel: boolean;
  /** The same for short rows, unless mass is spread. */
  readonly columns: LabelColumns | undefined;
  /** Whether the columns hold what this block needs. */
  inColumns = false;
  readonly #logits: Float64Array;
  readonly #label: Float64Array = new Float64Array(1);

  constructor(plan: CrossEntropyPlan, tiling: Tiling) {
    this.plan = plan;
    this.tiling = tiling;
    this.formula = new RowFormula(plan, tiling.rows, plan.loss.dtype);
    this.#logits = newTile(tiling);
    this.target = new TargetTiles(plan, tiling, this.formula);
    this.slope = transforms(plan) && plan.gradient !== undefined ? newTile(tiling) : undefined;
    // Against the label's logit, the log-sum-exp of z-loss would be a difference of two large numbers.
    const labelled = plan.target.kind === "index" && plan.stats === undefined && plan.zLoss === 0;
    this.#byLabel = labelled && !plan.strict && !plan.normalized;
    const columns =
      this.#byLabel && plan.base === 0 && plan.targetGradient === undefined && LabelColumns.suit(tiling, plan);
    this.columns = columns ? new LabelColumns(plan, tiling, this.formula) : undefined;
  }

  begin(block: Block): void {
    this.block = block;
    this.target.begin(block);
  }

  /** Everything that a row's loss needs, then the loss. */
  reduce(): void {
    const { count, rows } = this.block;
    if (this.columns !== undefined) this.columns.add(this.block);
    else if (this.#byLabel) {
      if (!this.tiling.whole) this.#loadLabels();
      this.#add("label");
    }
    const settled = this.#byLabel && this.formula.stats.settled(0, count, this.formula.rowWeight);
    this.inColumns = settled && this.columns !== undefined;
    if (!settled) this.#add("maximum");
    this.formula.finish(0, count, rows.classes);
  }

  #add(against: "maximum" | "label"): void {
    this.tiles((tile) => {
      this.load(tile);
      if (against === "label" && this.tiling.whole) this.formula.findLabels(tile);
      this.formula.add(tile, this.target.spread(tile.start), against);
    });
  }

  /** Logits of the labels, ahead of the tiles that hold them. */
  #loadLabels(): void {
    const { label, labelLogit } = this.formula;
    for (let p = 0; p < this.block.count; p++) {
      const start = label[p] as number;
      if (start < 0 || this.formula.rowWeight[p] === 0) continue;
      load(this.plan.logits, { ...this.block, first: this.block.first + p, count: 1 }, start, 1, this.#label, 1);
      transform(this.#label, this.plan);
      labelLogit[p] = this.#label[0] as number;
    }
  }

  /** Visits the tiles of the block, from the first class on. */
  tiles(visit: (tile: LogitTile) => void): void {
    const { count, rows } = this.block;
    const { width, pitch } = this.tiling;
    for (let start = 0; start < rows.classes; start += width) {
      visit({ values: this.#logits, pitch, first: 0, count, start, width: Math.min(width, rows.classes - start) });
    }
  }

  /** Reads the logits and the target of a tile. */
  load(tile: LogitTile): void {
    load(this.plan.logits, this.block, tile.start, tile.width, tile.values, tile.pitch);
    transform(tile.values, this.plan, this.slope);
    this.target.load(tile);
  }
}
