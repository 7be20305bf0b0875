import type { RowBlock } from "./row-block.ts";
import { increment, type Tally } from "./tally.ts";

/** How often rows of class `target` were taken for class `prediction`. */
export interface Confusion {
  readonly target: number;
  readonly prediction: number;
  readonly count: number;
}

/** Which class is predicted for which. Memory: 8 bytes for each pair of classes. */
export class Confusions implements Tally {
  readonly #classes: number;
  readonly counts: Record<"pairs", Float64Array>;
  readonly sums: Tally["sums"] = {};

  constructor(classes: number) {
    this.#classes = classes;
    this.counts = { pairs: new Float64Array(classes * classes) };
  }

  add({ rows, kept, target, prediction: predictions }: RowBlock): void {
    const { pairs } = this.counts;
    for (let i = 0; i < rows; i++) {
      const prediction = predictions[i] as number;
      if (kept[i] === 0 || prediction < 0) continue;
      increment(pairs, (target[i] as number) * this.#classes + prediction);
    }
  }

  /** The most frequent mistakes, ties by class. */
  worst(limit: number): Confusion[] {
    return this.#all()
      .filter(({ target, prediction }) => target !== prediction)
      .toSorted((a, b) => b.count - a.count || a.target - b.target || a.prediction - b.prediction)
      .slice(0, limit);
  }

  /** Counts among some classes: a line for each as target, a column for each as prediction. */
  among(classes: readonly number[]): number[][] {
    return classes.map((target) =>
      classes.map((prediction) => this.counts.pairs[target * this.#classes + prediction] as number),
    );
  }

  #all(): Confusion[] {
    const found: Confusion[] = [];
    for (const [at, count] of this.counts.pairs.entries()) {
      if (count === 0) continue;
      found.push({ target: Math.floor(at / this.#classes), prediction: at % this.#classes, count });
    }
    return found;
  }
}
