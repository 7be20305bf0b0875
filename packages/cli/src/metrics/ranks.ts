import { ExactSums } from "./exact-sums.ts";
import type { RowBlock } from "./row-block.ts";
import { increment, type Tally } from "./tally.ts";
import { divided } from "./totals.ts";

const OCTAVES = 32;

/** Where the target stands among the classes, over kept rows. */
export interface RanksResult {
  readonly topK: readonly { readonly k: number; readonly correct: number; readonly accuracy: number }[];
  /** Mean of 1 / rank; 0 for rows that have no rank. */
  readonly meanReciprocalRank: number;
  /** Over the rows that have a rank. */
  readonly meanRank: number;
  /** Ranks `from` to `to`, as powers of two, as far as there are any. */
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly count: number }[];
  /** Kept rows without a softmax (all logits −∞, any +∞, any NaN). */
  readonly unranked: number;
}

/** Ranks of the targets. */
export class Ranks implements Tally {
  readonly #topK: readonly number[];
  readonly counts: Record<"kept" | "unranked" | "total" | "topK" | "octaves", Float64Array>;
  readonly sums: Record<"reciprocal", ExactSums> = { reciprocal: new ExactSums() };

  constructor(topK: readonly number[]) {
    this.#topK = topK;
    this.counts = {
      kept: new Float64Array(1),
      unranked: new Float64Array(1),
      total: new Float64Array(1),
      topK: new Float64Array(topK.length),
      octaves: new Float64Array(OCTAVES),
    };
  }

  add({ rows, kept, rank: ranks }: RowBlock): void {
    const { counts, sums } = this;
    for (let i = 0; i < rows; i++) {
      if (kept[i] === 0) continue;
      const rank = ranks[i] as number;
      increment(counts.kept);
      if (rank === 0) {
        increment(counts.unranked);
        continue;
      }
      counts.total[0] = (counts.total[0] as number) + rank;
      for (let k = this.#topK.length - 1; k >= 0 && rank <= (this.#topK[k] as number); k--) increment(counts.topK, k);
      increment(counts.octaves, 31 - Math.clz32(rank));
      sums.reciprocal.add(0, 1 / rank);
    }
  }

  result(): RanksResult {
    const [kept = 0, unranked = 0, total = 0] = [this.counts.kept[0], this.counts.unranked[0], this.counts.total[0]];
    return {
      topK: this.#topK.map((k, i) => {
        const correct = this.counts.topK[i] as number;
        return { k, correct, accuracy: correct / kept };
      }),
      meanReciprocalRank: divided(this.sums.reciprocal, kept),
      meanRank: total / (kept - unranked),
      histogram: Array.from(this.counts.octaves, (count, octave) => ({
        from: 2 ** octave,
        to: 2 ** (octave + 1) - 1,
        count,
      })).filter(({ count }) => count > 0),
      unranked,
    };
  }
}
