import type { CrossEntropyPlan } from "../plan.ts";
import { expOfGaps } from "./exp.ts";
import type { RowFormula } from "./row-formula.ts";
import { transform, transforms } from "./row-inputs.ts";
import { type Block, load, type Tiling } from "./tile.ts";

/**
 * The row formula for short rows with an index target, against the label's logit (`RowFormula.add(…, "label")`):
 *
 *     max = x_y,   rest = Σ_{j≠y} exp(x_j − x_y)
 *
 * with the tile turned: one column per class, logit of row p and class c at `values[c · rows + p]`, so that every loop runs
 * flat over the rows of a block. A loop over four classes inside a loop over rows costs three times as much a number.
 * What overflows is for the caller to see (`RowStats.settled`) and to do again.
 */
export class LabelColumns {
  readonly #plan: CrossEntropyPlan;
  readonly formula: RowFormula;
  readonly rows: number;
  readonly values: Float64Array;
  /** The classes' parts of `values`. */
  readonly columns: readonly Float64Array[];
  /**
   * The same in a set, for `Set.forEach`, through which engines do not inline: the exponential's loop is then compiled by
   * itself and not as a part of all that calls it, which is 20 % of the whole (150 and 130 ms for a volume).
   */
  readonly #apart: ReadonlySet<Float64Array>;
  /** Derivative of the transformed logits, where they are transformed. */
  readonly slope: Float64Array | undefined;
  /** Where in `values` each row's label is. */
  readonly places: Int32Array;

  constructor(plan: CrossEntropyPlan, { rows }: Tiling, formula: RowFormula) {
    const { classes } = plan.rows;
    this.#plan = plan;
    this.formula = formula;
    this.rows = rows;
    const values = new Float64Array(rows * classes);
    this.values = values;
    this.columns = Array.from({ length: classes }, (_, c) => values.subarray(c * rows, (c + 1) * rows));
    this.#apart = new Set(this.columns);
    this.slope = transforms(plan) && plan.gradient !== undefined ? new Float64Array(rows * classes) : undefined;
    this.places = new Int32Array(rows);
  }

  /** Whether rows are that short: more of them in a tile than classes. */
  static suit({ rows, whole }: Tiling, plan: CrossEntropyPlan): boolean {
    return whole && rows >= plan.rows.classes;
  }

  /** Takes in all classes of a block, whose labels the formula knows. */
  add(block: Block): void {
    const values = this.values;
    this.columns.forEach((column, c) => load(this.#plan.logits, block, c, 1, column, 1));
    transform(values, this.#plan, this.slope);
    this.#lead(block.count);
    const { rest } = this.formula.stats;
    const { max } = this.formula.stats;
    this.#apart.forEach((column) => expOfGaps(column, max, block.count));
    // Not −∞ before: where that is changes from row to row, and a branch mispredicted costs more than the exponential.
    const places = this.places;
    for (let p = 0; p < block.count; p++) values[places[p] as number] = 0;
    rest.fill(0);
    sumInto(rest, this.columns, block.count);
  }

  /** Where the labels are, and their logits. */
  #lead(count: number): void {
    const values = this.values;
    const rows = this.rows;
    const places = this.places;
    const { classes } = this.#plan.rows;
    const { label: labels, labelLogit, stats } = this.formula;
    const { max } = stats;
    for (let p = 0; p < count; p++) {
      const label = labels[p] as number;
      places[p] = (label >= 0 && label < classes ? label : 0) * rows + p; // rows left out may have any
    }
    for (let p = 0; p < count; p++) max[p] = labelLogit[p] = values[places[p] as number] as number;
  }
}

/** Four columns at a time, which spares passes over the sums. */
function sumInto(sums: Float64Array, columns: readonly Float64Array[], count: number): void {
  let c = 0;
  for (; c + 4 <= columns.length; c += 4) {
    const [a, b, d, e] = columns.slice(c, c + 4) as [Float64Array, Float64Array, Float64Array, Float64Array];
    for (let p = 0; p < count; p++) {
      sums[p] = (sums[p] as number) + (a[p] as number) + (b[p] as number) + (d[p] as number) + (e[p] as number);
    }
  }
  for (const column of columns.slice(c)) {
    for (let p = 0; p < count; p++) sums[p] = (sums[p] as number) + (column[p] as number);
  }
}
