import type { Operand } from "../plan.ts";
import type { LabelColumns } from "./label-columns.ts";
import { gradientByLabel } from "./row-gradient.ts";
import { chain } from "./row-inputs.ts";
import { type Block, store } from "./tile.ts";

/** The gradient of blocks of short rows, made of the exponentials that their losses have left in the columns. */
export class LabelColumnsGradient {
  readonly #labelColumns: LabelColumns;
  readonly #factors: Float64Array;
  readonly #atLabel: Float64Array;

  constructor(labelColumns: LabelColumns) {
    this.#labelColumns = labelColumns;
    this.#factors = new Float64Array(labelColumns.rows);
    this.#atLabel = new Float64Array(labelColumns.rows);
  }

  /** Writes the gradient of a finished block over its exponentials, and to memory. */
  store(operand: Operand, block: Block): void {
    const { values, columns, places, formula, slope } = this.#labelColumns;
    const factors = this.#factors;
    const atLabel = this.#atLabel;
    const { rowWeight } = formula;
    gradientByLabel(formula, block.count, factors, atLabel);
    for (const column of columns) multiplyBy(column, factors, block.count);
    for (let p = 0; p < block.count; p++) values[places[p] as number] = atLabel[p] as number;
    for (let p = 0; p < block.count; p++) if (rowWeight[p] === 0) for (const column of columns) column[p] = 0;
    chain(values, slope);
    columns.forEach((column, c) => store(operand, block, c, 1, column, 1));
  }
}

function multiplyBy(column: Float64Array, factors: Float64Array, count: number): void {
  for (let p = 0; p < count; p++) column[p] = (column[p] as number) * (factors[p] as number);
}
