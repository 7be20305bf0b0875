import type { RowStats as StatsOperands } from "../plan.ts";
import { exp } from "./exp.ts";
import type { RowFormula } from "./row-formula.ts";
import type { LogitTile } from "./row-stats.ts";
import type { TargetLabels } from "./target-labels.ts";
import { type Block, storeColumn } from "./tile.ts";

/** Entropy, rank and prediction of a block's rows, from a second look at their logits, and what the row statistics say already. */
export class RowReport {
  readonly #formula: RowFormula;
  readonly #labels: TargetLabels;
  /** `Σ e_j · (max − x_j)`. */
  readonly #gaps: Float64Array;
  readonly #rank: Float64Array;
  readonly #predicted: Float64Array;

  constructor(formula: RowFormula, labels: TargetLabels, rows: number) {
    this.#formula = formula;
    this.#labels = labels;
    this.#gaps = new Float64Array(rows);
    this.#rank = new Float64Array(rows).fill(1);
    this.#predicted = new Float64Array(rows).fill(-1);
  }

  /** Takes in a tile of logits. */
  add({ values, pitch, count, start, width }: LogitTile): void {
    for (let p = 0; p < count; p++) {
      const max = this.#formula.stats.max[p] as number;
      const { label, logit } = this.#labels.of(p);
      for (let j = p * pitch, c = start, end = j + width; j < end; j++, c++) {
        const x = values[j] as number;
        if (x !== -Infinity) this.#gaps[p] = (this.#gaps[p] as number) + (max - x) * exp(x - max);
        if (x > logit || (x === logit && c < label)) this.#rank[p] = (this.#rank[p] as number) + 1;
        if (x === max && this.#predicted[p] === -1) this.#predicted[p] = c;
      }
    }
  }

  /** Writes all statistics of the block. */
  store(operands: StatsOperands, block: Block): void {
    const column = (): Float64Array => new Float64Array(block.count);
    const max = column();
    const logSum = column();
    const predicted = column();
    const rank = column();
    const entropy = column();
    const probability = column();
    const { stats } = this.#formula;
    for (let p = 0; p < block.count; p++) {
      const largest = stats.max[p] as number;
      const rest = Number.isFinite(largest) ? (stats.rest[p] as number) : NaN;
      const valid = !Number.isNaN(rest);
      const logZ = this.#formula.surprise(p, largest);
      const { label, logit } = this.#labels.of(p);
      max[p] = valid ? largest : NaN;
      logSum[p] = logZ;
      predicted[p] = valid ? (this.#predicted[p] as number) : -1;
      rank[p] = valid && label >= 0 ? (this.#rank[p] as number) : 0;
      entropy[p] = logZ + (this.#gaps[p] as number) / (1 + rest);
      probability[p] = label < 0 ? 0 : exp(-this.#formula.surprise(p, logit));
    }
    const columns = { max, logSum, predicted, rank, entropy, probability };
    for (const name of Object.keys(columns) as (keyof StatsOperands)[]) {
      storeColumn(operands[name], block, columns[name]);
    }
  }
}
