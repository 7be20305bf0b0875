import { FILTER_CLASSES, type GradientFilter } from "../plan.ts";
import type { RowFormula } from "./row-formula.ts";
import type { LogitTile } from "./row-stats.ts";
import { storeScalar } from "./tile.ts";
import { Sum } from "./sum.ts";

// The gradient filter of the linear layer [Cut Your Losses in Large-Vocabulary Language Models, arXiv 2411.09009]: of each row
// it leaves out spans of classes all of whose probabilities are below a bound, but for the span of the label. A tile begins with a span.

/** Which spans of the tile at hand are left out, and what that was over all rows. */
export class SpanFilter {
  readonly #filter: GradientFilter;
  readonly #skips: Uint8Array;
  /** From one row's spans to the next. */
  readonly #pitch: number;
  readonly #mass: Float64Array;

  /** For tiles of so many rows and classes, and so many rows in all. */
  constructor(filter: GradientFilter, tileRows: number, tileClasses: number, rows: number) {
    this.#filter = filter;
    this.#pitch = Math.ceil(tileClasses / FILTER_CLASSES);
    this.#skips = new Uint8Array(tileRows * this.#pitch);
    this.#mass = new Float64Array(rows);
  }

  /** Looks at a tile of `exp(x − max)`. */
  mark({ values, pitch, first, count, start, width }: LogitTile, { stats, label, rowWeight }: RowFormula): void {
    for (let p = 0; p < count; p++) {
      const row = first + p;
      const z = 1 + (Number.isFinite(stats.max[row]) ? (stats.rest[row] as number) : NaN); // NaN: nothing is below the bound
      const least = rowWeight[row] === 0 ? NaN : this.#filter.bound * z;
      for (let from = 0; from < width; from += FILTER_CLASSES) {
        const end = Math.min(from + FILTER_CLASSES, width);
        const at = (label[row] as number) - start;
        let largest = at >= from && at < end ? Infinity : 0;
        let sum = 0;
        for (let j = p * pitch + from; j < p * pitch + end; j++) {
          const e = values[j] as number;
          if (e > largest) largest = e;
          sum += e;
        }
        const skip = largest < least;
        if (skip) this.#mass[row] = (this.#mass[row] as number) + sum / z;
        this.#skips[p * this.#pitch + from / FILTER_CLASSES] = skip ? 1 : 0;
      }
    }
  }

  /** Whether class `c` of row `p` of the tile is left out. */
  skips(p: number, c: number): boolean {
    return this.#skips[p * this.#pitch + Math.floor(c / FILTER_CLASSES)] === 1;
  }

  /** Begins a pass over all tiles. */
  begin(): void {
    this.#mass.fill(0);
  }

  /** Stores what the last pass left out. */
  store(): void {
    const sum = new Sum();
    sum.add(this.#mass, 0, this.#mass.length);
    storeScalar(this.#filter.discarded, sum.value());
  }
}
