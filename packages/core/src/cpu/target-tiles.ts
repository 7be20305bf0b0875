import type { CrossEntropyPlan } from "../plan.ts";
import { ONE_ROW } from "./mass.ts";
import type { RowFormula, Spread } from "./row-formula.ts";
import { beginRows, classWeights, smoothing } from "./row-inputs.ts";
import type { LogitTile } from "./row-stats.ts";
import { type Block, load, newTile, type Tiling } from "./tile.ts";

/** A block's target as labels with hot mass, and spread mass per class. */
export class TargetTiles {
  readonly plan: CrossEntropyPlan;
  readonly #tiling: Tiling;
  readonly formula: RowFormula;
  readonly weights: Float64Array | undefined;
  /** Index targets: `base · w_j` of all classes. Dense targets: `w_j · (hot · t_j + base)` of the tile. */
  readonly #spread: Float64Array | undefined;
  /** Sees the entries of dense targets as they are read, with the logits beside them. */
  watch: ((logits: LogitTile, entries: Float64Array) => void) | undefined;
  #block: Block = ONE_ROW;

  constructor(plan: CrossEntropyPlan, tiling: Tiling, formula: RowFormula) {
    this.plan = plan;
    this.#tiling = tiling;
    this.formula = formula;
    this.weights = classWeights(plan, plan.rows.classes);
    this.#spread = plan.target.kind === "dense" ? newTile(tiling) : smoothing(plan, plan.rows.classes, this.weights);
  }

  begin(block: Block): void {
    this.#block = block;
    beginRows(this.plan, this.formula, block, this.weights);
  }

  /** Reads the target of the classes of a tile whose logits are there. */
  load(logits: LogitTile): void {
    const { target, hot, base } = this.plan;
    if (target.kind === "index" || this.#spread === undefined) return;
    const tile = this.#spread;
    const { pitch, start, width } = logits;
    load(target.operand, this.#block, start, width, tile, pitch);
    this.watch?.(logits, tile);
    for (let p = 0; p < this.#block.count; p++) {
      for (let j = p * pitch, c = start, end = j + width; j < end; j++, c++) {
        const mass = hot * (tile[j] as number) + base;
        tile[j] = this.weights === undefined ? mass : (this.weights[c] as number) * mass;
      }
    }
  }

  spread(start: number): Spread | undefined {
    if (this.#spread === undefined) return undefined;
    if (this.plan.target.kind === "index") return { values: this.#spread, offset: start, pitch: 0 };
    return { values: this.#spread, offset: 0, pitch: this.#tiling.pitch };
  }
}
