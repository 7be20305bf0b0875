import type { RowFormula } from "./row-formula.ts";
import type { LogitTile } from "./row-stats.ts";
import type { TargetTiles } from "./target-tiles.ts";

/** What statistics call the target of a row: its class index, or the largest of its target probabilities; and its logit. */
export class TargetLabels {
  readonly #formula: RowFormula;
  readonly #label: Float64Array;
  readonly #labelLogit: Float64Array;
  readonly #largest: Float64Array;

  constructor(target: TargetTiles, rows: number) {
    const { formula, plan } = target;
    const dense = plan.target.kind === "dense";
    this.#formula = formula;
    this.#label = dense ? new Float64Array(rows) : formula.label;
    this.#labelLogit = dense ? new Float64Array(rows) : formula.labelLogit;
    this.#largest = new Float64Array(rows).fill(-Infinity);
    if (dense) target.watch = (logits, entries) => this.#find(logits, entries);
  }

  /** −1 for rows left out. */
  of(p: number): { readonly label: number; readonly logit: number } {
    if (this.#formula.rowWeight[p] === 0) return { label: -1, logit: NaN };
    return { label: this.#label[p] as number, logit: this.#labelLogit[p] as number };
  }

  /** The rows of the next block come. */
  forget(): void {
    this.#largest.fill(-Infinity);
  }

  #find({ values, pitch, count, start, width }: LogitTile, entries: Float64Array): void {
    for (let p = 0; p < count; p++) {
      for (let j = p * pitch, c = start, end = j + width; j < end; j++, c++) {
        if ((entries[j] as number) <= (this.#largest[p] as number)) continue;
        this.#largest[p] = entries[j] as number;
        this.#label[p] = c;
        this.#labelLogit[p] = values[j] as number;
      }
    }
  }
}
