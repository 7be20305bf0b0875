import { exp, expInPlace } from "./exp.ts";
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
 * nothing. Under `leadBy` a logit of the caller's choice stands in the place of the maximum.
 */
export class RowStats {
  readonly max: Float64Array;
  readonly rest: Float64Array;
  /** Where in the tile at hand the occurrence is that `rest` leaves out; −1 for nowhere. */
  readonly #peak: Float64Array;

  constructor(rows: number) {
    this.max = new Float64Array(rows).fill(-Infinity);
    this.rest = new Float64Array(rows);
    this.#peak = new Float64Array(rows);
  }

  /** Takes in a tile of logits, which become `exp(x − max)`: `lead`, `subtract` and `sum`. */
  add(tile: LogitTile): void {
    this.lead(tile);
    this.subtract(tile);
    this.sum(tile);
  }

  /** The maximum, this tile included (online softmax, Milakov & Gimelshein 2018); class 0 starts the rows anew. */
  lead({ values, pitch, first, count, start, width }: LogitTile): void {
    const { max: maxima, rest: rests } = this;
    for (let p = 0; p < count; p++) {
      const from = p * pitch;
      const to = from + width;
      const before = start === 0 ? -Infinity : (maxima[first + p] as number);
      let max = before;
      let peak = -1;
      for (let j = from; j < to; j++) {
        const x = values[j] as number;
        if (x > max) {
          max = x;
          peak = j;
        }
      }
      if (!Number.isFinite(max)) for (let j = from; j < to; j++) if (Number.isNaN(values[j])) max = NaN;
      // The maximum so far becomes one of the rest.
      if (before === -Infinity) rests[first + p] = 0;
      else if (peak >= 0) rests[first + p] = ((rests[first + p] as number) + 1) * exp(before - max);
      maxima[first + p] = max;
      this.#peak[first + p] = peak;
    }
  }

  /**
   * A known class of each row and its logit stand in for the maximum, which spares the search. Logits become differences.
   * See `settled`.
   */
  leadBy({ values, pitch, first, count, start, width }: LogitTile, classes: Float64Array, logits: Float64Array): void {
    const { max, rest } = this;
    const peaks = this.#peak;
    for (let p = 0; p < count; p++) {
      const from = p * pitch;
      const at = (classes[first + p] as number) - start;
      const peak = at >= 0 && at < width ? from + at : -1;
      const reference = logits[first + p] as number;
      for (let j = from, to = from + width; j < to; j++) values[j] = (values[j] as number) - reference;
      peaks[first + p] = peak;
      max[first + p] = reference;
      if (start === 0) rest[first + p] = 0;
    }
  }

  /** Logits become `x − max` (−∞ stays −∞ where there is nothing else so far). */
  subtract({ values, pitch, first, count, width }: LogitTile): void {
    for (let p = 0; p < count; p++) {
      const max = this.max[first + p] as number;
      if (max === -Infinity) continue;
      for (let j = p * pitch, to = j + width; j < to; j++) values[j] = (values[j] as number) - max;
    }
  }

  /** Differences become their exponentials, all but one occurrence of the maximum in the sum. */
  sum(tile: LogitTile): void {
    const { values, pitch, first, count, width } = tile;
    const { rest } = this;
    const peaks = this.#peak;
    exponentiate(tile);
    // Only now: an exponential of −∞ at a place that changes from row to row is a branch mispredicted.
    for (let p = first; p < first + count; p++) if ((peaks[p] as number) >= 0) values[peaks[p] as number] = 0;
    for (let p = 0; p < count; p++) {
      let sum = rest[first + p] as number;
      for (let j = p * pitch, to = j + width; j < to; j++) sum += values[j] as number;
      rest[first + p] = sum;
    }
    for (let p = first; p < first + count; p++) {
      const max = this.max[p] as number;
      if ((peaks[p] as number) >= 0) values[peaks[p] as number] = 1 + (max - max); // NaN for an infinite one
    }
  }

  /** Whether every row that counts came out finite: if not, only the maximum will do. */
  settled(first: number, count: number, rowWeight: Float64Array): boolean {
    for (let p = first; p < first + count; p++) {
      const max = this.max[p] as number;
      if (!(max - max + (this.rest[p] as number) <= LARGEST_REST) && rowWeight[p] !== 0) return false;
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

/** Every number of a tile becomes its exponential: one flat loop, three times as fast as one for each short row. */
export function exponentiate({ values, pitch, count, width }: LogitTile): void {
  expInPlace(values, (count - 1) * pitch + width);
}
