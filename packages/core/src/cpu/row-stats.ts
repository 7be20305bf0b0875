import { exp } from "./exp.ts";

/**
 * Maximum and sum of each row of a block, fed tile by tile (online softmax, Milakov & Gimelshein 2018), kept as the pair
 * (max, rest): `rest` is the sum over all but one occurrence of the maximum, so that `log z = log1p(rest)` keeps the
 * digits of confident rows that `log(1 + rest)` drops. NaN anywhere in a row makes `rest` NaN; where the maximum is
 * infinite `rest` says only that (NaN or 0).
 */
export class RowStats {
  readonly max: Float64Array;
  readonly rest: Float64Array;
  /** Class of that one occurrence: the first; −1 in a row without any number above −∞. */
  readonly peak: Float64Array;

  constructor(rows: number) {
    this.max = new Float64Array(rows);
    this.rest = new Float64Array(rows);
    this.peak = new Float64Array(rows);
  }

  /** Forgets everything about the first `count` rows. */
  reset(count: number): void {
    this.max.fill(-Infinity, 0, count);
    this.rest.fill(0, 0, count);
    this.peak.fill(-1, 0, count);
  }

  /** Takes in classes `start …` of row `p`, at `tile[from … to − 1]`. */
  add(p: number, tile: Float64Array, from: number, to: number, start: number): void {
    const before = this.max[p] as number;
    let max = before;
    let peak = -1;
    for (let j = from; j < to; j++) {
      const x = tile[j] as number;
      if (x > max) {
        max = x;
        peak = j;
      }
    }
    let rest = this.rest[p] as number;
    if (peak >= 0) {
      rest = (rest + 1) * exp(before - max); // the old maximum becomes one of the rest
      this.max[p] = max;
      this.peak[p] = start + peak - from;
    }
    if (Number.isFinite(max)) {
      if (peak < 0) rest += sumExp(tile, from, to, max);
      else rest += sumExp(tile, from, peak, max) + sumExp(tile, peak + 1, to, max);
    } else {
      for (let j = from; j < to; j++) if (Number.isNaN(tile[j])) rest = NaN;
    }
    this.rest[p] = rest;
  }
}

function sumExp(tile: Float64Array, from: number, to: number, max: number): number {
  let sum = 0;
  for (let j = from; j < to; j++) sum += exp((tile[j] as number) - max);
  return sum;
}
