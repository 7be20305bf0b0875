import type { RowBlock } from "./row-block.ts";

/** What there is to say about one row. */
export interface RowRecord {
  readonly row: number;
  /** −1 with probabilities. */
  readonly target: number;
  readonly prediction: number;
  /** Nats. */
  readonly loss: number;
  readonly targetProbability: number;
  /** Softmax probability of the prediction. */
  readonly maxProbability: number;
  readonly rank: number;
}

/** The rows of the largest losses, NaN before all others, ties by row: the same whatever the order they came in. */
export class WorstRows {
  readonly #limit: number;
  #rows: RowRecord[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The worst first. */
  get rows(): readonly RowRecord[] {
    return this.#rows;
  }

  add(block: RowBlock): void {
    if (this.#limit === 0) return;
    const { rows, kept, loss } = block;
    for (let i = 0; i < rows; i++) {
      // Most rows end here.
      if (kept[i] === 0 || (this.#rows.length === this.#limit && (loss[i] as number) < this.#leastLoss())) continue;
      this.insert(recordOf(block, i));
    }
  }

  merge({ rows }: WorstRows): void {
    for (const row of rows) this.insert(row);
  }

  insert(record: RowRecord): void {
    const at = this.#rows.findIndex((each) => isWorse(record, each));
    this.#rows.splice(at < 0 ? this.#rows.length : at, 0, record);
    this.#rows.length = Math.min(this.#rows.length, this.#limit);
  }

  #leastLoss(): number {
    return this.#rows.at(-1)?.loss ?? NaN;
  }
}

function isWorse(a: RowRecord, b: RowRecord): boolean {
  const [x, y] = [Number.isNaN(a.loss) ? Infinity : a.loss, Number.isNaN(b.loss) ? Infinity : b.loss];
  if (x !== y) return x > y;
  if (Number.isNaN(a.loss) !== Number.isNaN(b.loss)) return Number.isNaN(a.loss);
  return a.row < b.row;
}

function recordOf(block: RowBlock, i: number): RowRecord {
  return {
    row: block.firstRow + i,
    target: block.target[i] as number,
    prediction: block.prediction[i] as number,
    loss: block.loss[i] as number,
    targetProbability: block.targetProbability[i] as number,
    maxProbability: block.maxProbability[i] as number,
    rank: block.rank[i] as number,
  };
}
