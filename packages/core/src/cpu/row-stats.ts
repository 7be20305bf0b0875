import { exp, expBelow, FRACTIONS, POWERS } from "./exp.ts";
import { log1pInPlace } from "./log1p.ts";

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
    this.max = new Float64Array(rows).fill(-Infinity);
    this.rest = new Float64Array(rows);
  }

  /** Takes in a tile; one that starts at class 0 starts its rows anew. */
  add({ values, pitch, first, count, start, width }: LogitTile): void {
    const { max: maxima, rest: rests } = this;
    const fractions = FRACTIONS;
    const powers = POWERS;
    for (let p = 0; p < count; p++) {
      const from = p * pitch;
      const to = from + width;
      const before = start === 0 ? -Infinity : (maxima[first + p] as number);
      const rest = start === 0 ? 0 : (rests[first + p] as number);
      let max = before;
      let peak = -1;
      for (let j = from; j < to; j++) {
        const x = values[j] as number;
        if (x > max) {
          max = x;
          peak = j;
        }
      }
      if (!Number.isFinite(max)) {
        for (let j = from; j < to; j++) if (Number.isNaN(values[j])) max = NaN;
        maxima[first + p] = max;
        rests[first + p] = rest;
        if (max === -Infinity) continue;
      }
      // One occurrence of the maximum is left out of the sum: as −∞ for the moment, which costs no branch in the loop.
      if (peak >= 0) values[peak] = -Infinity;
      let sum = 0;
      for (let j = from; j < to; j++) sum += expBelow((values[j] as number) - max, fractions, powers);
      if (peak >= 0) values[peak] = max;
      maxima[first + p] = max;
      rests[first + p] = sum + (peak < 0 ? rest : carry(rest, before - max));
    }
  }

  /** `log z = log1p(rest)` of complete rows, NaN where the maximum is not finite. */
  logZ(first: number, count: number, into: Float64Array): void {
    const { max, rest } = this;
    for (let p = first; p < first + count; p++) {
      const m = max[p] as number;
      into[p] = m - m + (rest[p] as number);
    }
    log1pInPlace(into, first, first + count);
  }
}

/** What the classes so far weigh against a new maximum, their own maximum now one of the rest: 0 at the start, from −∞. */
function carry(rest: number, step: number): number {
  return step === -Infinity ? 0 : (rest + 1) * exp(step);
}
