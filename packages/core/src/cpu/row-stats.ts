import { exp, FRACTIONS, POWERS } from "./exp.ts";
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
 * Sum of exponentials of each row, fed tile by tile, kept as the pair (max, rest): `rest` is the sum over all but one
 * occurrence of the maximum, so that `log z = log1p(rest)` keeps the digits of confident rows that `log(1 + rest)` drops.
 * A NaN in a row makes `rest` NaN, and `max` too if all other logits are infinite; where `max` is infinite `rest` means
 * nothing. Under `addAgainst` a reference of the caller's choice stands in the place of the maximum.
 */
export class RowStats {
  readonly max: Float64Array;
  readonly rest: Float64Array;

  constructor(rows: number) {
    this.max = new Float64Array(rows).fill(-Infinity);
    this.rest = new Float64Array(rows);
  }

  /** Takes in a tile (online softmax, Milakov & Gimelshein 2018); one that starts at class 0 starts its rows anew. */
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
      for (let j = from; j < to; j++) sum += exp((values[j] as number) - max, fractions, powers);
      if (peak >= 0) values[peak] = max;
      maxima[first + p] = max;
      rests[first + p] = sum + (peak < 0 ? rest : carry(rest, before - max));
    }
  }

  /**
   * Takes in a tile against a known class of each row and its logit, which spares the search for the maximum: rest is
   * then the sum over all other classes. Good if `settled` says so in the end.
   */
  addAgainst(tile: LogitTile, classes: Float64Array, references: Float64Array): void {
    const { values, pitch, first, count, start, width } = tile;
    const { max, rest: rests } = this;
    const fractions = FRACTIONS;
    const powers = POWERS;
    for (let p = 0; p < count; p++) {
      const from = p * pitch;
      const to = from + width;
      const reference = references[first + p] as number;
      const at = (classes[first + p] as number) - start;
      const inside = at >= 0 && at < width;
      if (inside) values[from + at] = -Infinity;
      let sum = start === 0 ? 0 : (rests[first + p] as number);
      for (let j = from; j < to; j++) sum += exp((values[j] as number) - reference, fractions, powers);
      if (inside) values[from + at] = reference;
      max[first + p] = reference;
      rests[first + p] = sum;
    }
  }

  /** Whether every row that counts came out finite: if not, only the maximum will do. */
  settled(first: number, count: number, rowWeight: Float64Array): boolean {
    for (let p = first; p < first + count; p++) {
      if (!((this.rest[p] as number) <= LARGEST_REST) && rowWeight[p] !== 0) return false;
    }
    return true;
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

const LARGEST_REST = 1e300;

/** What the classes so far weigh against a new maximum, their own maximum now one of the rest: 0 at the start, from −∞. */
function carry(rest: number, step: number): number {
  return step === -Infinity ? 0 : (rest + 1) * exp(step);
}
