import { exp, expBelow, FRACTIONS, POWERS } from "./exp.ts";

/** Logits of a few rows and a run of classes: row `first + p`'s class `start + c` at `values[p · pitch + c]`. */
export interface LogitTile {
  readonly values: Float64Array;
  readonly pitch: number;
  readonly first: number;
  readonly count: number;
  readonly start: number;
  readonly width: number;
}

/**
 * Maximum and sum of each row, fed tile by tile (online softmax, Milakov & Gimelshein 2018), kept as the pair (max, rest):
 * `rest` is the sum over all but one occurrence of the maximum, so that `log z = log1p(rest)` keeps the digits of
 * confident rows that `log(1 + rest)` drops. A NaN in a row makes `rest` NaN, and `max` too if all other logits are infinite;
 * where `max` is infinite `rest` means nothing.
 */
export class RowStats {
  readonly max: Float64Array;
  readonly rest: Float64Array;

  constructor(rows: number) {
    this.max = new Float64Array(rows);
    this.rest = new Float64Array(rows);
  }

  /** Forgets everything about `count` rows. */
  reset(first: number, count: number): void {
    this.max.fill(-Infinity, first, first + count);
    this.rest.fill(-1, first, first + count); // no occurrence of the maximum yet
  }

  /** Takes in a tile. */
  add({ values, pitch, first, count, width }: LogitTile): void {
    const { max: maxima, rest: rests } = this;
    const fractions = FRACTIONS;
    const powers = POWERS;
    for (let p = 0; p < count; p++) {
      const from = p * pitch;
      const to = from + width;
      const before = maxima[first + p] as number;
      let max = before;
      for (let j = from; j < to; j++) {
        const x = values[j] as number;
        if (x > max) max = x;
      }
      if (!Number.isFinite(max)) {
        for (let j = from; j < to; j++) if (Number.isNaN(values[j])) max = NaN;
        maxima[first + p] = max;
        if (max === -Infinity) continue;
      }
      // e^0 is exactly 1, so the whole part counts the maxima and the fraction sums the others, without a branch.
      let whole = 0;
      let fraction = 0;
      for (let j = from; j < to; j++) {
        const e = expBelow((values[j] as number) - max, fractions, powers);
        const one = Math.floor(e);
        whole += one;
        fraction += e - one;
      }
      const rest = rests[first + p] as number;
      maxima[first + p] = max;
      rests[first + p] =
        max === before ? rest + (whole + fraction) : carry(rest, before - max) + (whole - 1) + fraction;
    }
  }
}

/** What the rows so far weigh against a new maximum: (rest + 1)·e^step, which is 0 at the start. */
function carry(rest: number, step: number): number {
  return rest === -1 ? 0 : (rest + 1) * exp(step);
}
