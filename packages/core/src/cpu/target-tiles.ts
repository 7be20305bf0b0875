import type { CrossEntropyPlan } from "../plan.ts";
import { ONE_ROW } from "./mass.ts";
import { times } from "./corners.ts";
import type { RowFormula, Spread } from "./row-formula.ts";
import { beginRows, classWeights, smoothing } from "./row-inputs.ts";
import type { LogitTile } from "./row-stats.ts";
import { type Block, load, newTile, type Tiling } from "./tile.ts";

/** A block's target as labels with hot mass, and spread mass per class. */
export class TargetTiles {
  readonly #plan: CrossEntropyPlan;
  readonly #tiling: Tiling;
  readonly #formula: RowFormula;
  readonly #weights: Float64Array | undefined;
  /** Index targets: `base · w_j` of all classes. Dense targets: `w_j · (hot · t_j + base)` of the tile. */
  readonly #spread: Float64Array | undefined;
  /** Dense targets under statistics: the largest entry of each row, its class and its logit. */
  readonly #largest: Float64Array;
  readonly #label: Float64Array;
  readonly #labelLogit: Float64Array;
  #block: Block = ONE_ROW;

  constructor(plan: CrossEntropyPlan, tiling: Tiling, formula: RowFormula) {
    this.#plan = plan;
    this.#tiling = tiling;
    this.#formula = formula;
    this.#weights = classWeights(plan, plan.rows.classes);
    this.#spread = plan.target.kind === "dense" ? newTile(tiling) : smoothing(plan, plan.rows.classes, this.#weights);
    this.#largest = new Float64Array(tiling.rows);
    this.#label = new Float64Array(tiling.rows);
    this.#labelLogit = new Float64Array(tiling.rows);
  }

  begin(block: Block): void {
    this.#block = block;
    beginRows(this.#plan, this.#formula, block, this.#weights);
    if (this.#plan.stats !== undefined) this.#largest.fill(-Infinity);
  }

  /** Reads the target of the classes of a tile whose logits are there. */
  load(logits: LogitTile): void {
    const { target, hot, base, stats } = this.#plan;
    if (target.kind === "index" || this.#spread === undefined) return;
    const tile = this.#spread;
    const { pitch, start, width } = logits;
    load(target.operand, this.#block, start, width, tile, pitch);
    if (stats !== undefined) this.#findLabels(logits);
    for (let p = 0; p < this.#block.count; p++) {
      for (let j = p * pitch, c = start, end = j + width; j < end; j++, c++) {
        const mass = hot * (tile[j] as number) + base;
        tile[j] = this.#weights === undefined ? mass : (this.#weights[c] as number) * mass;
      }
    }
  }

  spread(start: number): Spread | undefined {
    if (this.#spread === undefined) return undefined;
    if (this.#plan.target.kind === "index") return { values: this.#spread, offset: start, pitch: 0 };
    return { values: this.#spread, offset: 0, pitch: this.#tiling.pitch };
  }

  /** `hot · w_j · (−log p_j)`, scaled as the row's gradient. */
  gradient({ values, pitch, count, start, width }: LogitTile, into: Float64Array): void {
    const { hot, strict } = this.#plan;
    for (let p = 0; p < count; p++) {
      const kept = this.#formula.rowWeight[p] !== 0;
      const scale = this.#formula.scale(p);
      for (let j = p * pitch, c = start, end = j + width; j < end; j++, c++) {
        const mass = hot * (this.#weights === undefined ? 1 : (this.#weights[c] as number));
        into[j] = kept ? scale * times(mass, this.#formula.surprise(p, values[j] as number), strict) : 0;
      }
    }
  }

  /** The class that statistics call the target, and its logit; −1 for rows left out. */
  labelOf(p: number): { label: number; logit: number } {
    if (this.#formula.rowWeight[p] === 0) return { label: -1, logit: NaN };
    const { label, labelLogit } = this.#formula;
    const [labels, logits] = this.#plan.target.kind === "index" ? [label, labelLogit] : [this.#label, this.#labelLogit];
    return { label: labels[p] as number, logit: logits[p] as number };
  }

  #findLabels({ values, pitch, count, start, width }: LogitTile): void {
    const tile = this.#spread as Float64Array;
    for (let p = 0; p < count; p++) {
      for (let j = p * pitch, c = start, end = j + width; j < end; j++, c++) {
        if ((tile[j] as number) <= (this.#largest[p] as number)) continue;
        this.#largest[p] = tile[j] as number;
        this.#label[p] = c;
        this.#labelLogit[p] = values[j] as number;
      }
    }
  }
}
