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
    const worst: Confusion[] = [];
    const { pairs } = this.counts;
    for (let at = 0; at < pairs.length; at++) {
      const count = pairs[at] as number;
      const least = worst.length < limit ? 0 : (worst.at(-1)?.count ?? Infinity);
      if (count <= least) continue;
      const [target, prediction] = [Math.floor(at / this.#classes), at % this.#classes];
      if (target === prediction) continue;
      const place = worst.findIndex((each) => each.count < count);
      worst.splice(place < 0 ? worst.length : place, 0, { target, prediction, count });
      worst.length = Math.min(worst.length, limit);
    }
    return worst;
  }

  /** Counts among some classes: a line for each as target, a column for each as prediction. */
  among(classes: readonly number[]): number[][] {
    return classes.map((target) =>
      classes.map((prediction) => this.counts.pairs[target * this.#classes + prediction] as number),
    );
  }
}
