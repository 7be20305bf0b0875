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
    const column = (value: (p: number) => number): Float64Array =>
      Float64Array.from({ length: block.count }, (_, p) => value(p));
    const { stats } = this.#formula;
    const rest = (p: number): number => (Number.isFinite(stats.max[p]) ? (stats.rest[p] as number) : NaN);
    const logZ = (p: number): number => this.#formula.surprise(p, stats.max[p] as number);
    const label = (p: number): number => this.#labels.of(p).label;
    const probability = (p: number): number => exp(-this.#formula.surprise(p, this.#labels.of(p).logit));
    const valid = (p: number): boolean => !Number.isNaN(rest(p));
    storeColumn(
      operands.max,
      block,
      column((p) => (valid(p) ? (stats.max[p] as number) : NaN)),
    );
    storeColumn(
      operands.logSum,
      block,
      column((p) => logZ(p)),
    );
    storeColumn(
      operands.predicted,
      block,
      column((p) => (valid(p) ? (this.#predicted[p] as number) : -1)),
    );
    storeColumn(
      operands.rank,
      block,
      column((p) => (label(p) < 0 || !valid(p) ? 0 : (this.#rank[p] as number))),
    );
    storeColumn(
      operands.entropy,
      block,
      column((p) => logZ(p) + (this.#gaps[p] as number) / (1 + rest(p))),
    );
    storeColumn(
      operands.probability,
      block,
      column((p) => (label(p) < 0 ? 0 : probability(p))),
    );
  }
}
