import type { Tally } from "./tally.ts";

// Bins are made of a double's own bits: its exponent and the first bits of its significand. So a value's bin is found
// without a logarithm, and is the same on every machine.

const SMALLEST_EXPONENT = -64;
const LARGEST_EXPONENT = 63;
const OCTAVES = LARGEST_EXPONENT - SMALLEST_EXPONENT + 1;
const BIAS = 1023;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** Values that lie in [`from`, `to`); for negative values in (`from`, `to`]. */
export interface HistogramBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/**
 * How many values are how large, in bins whose width is a share of the value: 2^`bits` for each power of two, for sizes from
 * 2⁻⁶⁴ to 2⁶⁴. Smaller ones count as 0, larger ones as infinite. NaN is counted apart.
 */
export class LogHistogram implements Tally {
  readonly #bits: number;
  readonly counts: Record<"negative" | "zero" | "positive" | "nan", Float64Array>;
  readonly sums: Tally["sums"] = {};

  constructor(bits: number) {
    this.#bits = bits;
    const bins = OCTAVES * 2 ** bits + 1; // and one for what is too large
    this.counts = {
      negative: new Float64Array(bins),
      zero: new Float64Array(1),
      positive: new Float64Array(bins),
      nan: new Float64Array(1),
    };
  }

  /** How far a quantile may be from the value itself, as a share of it. */
  get relativeError(): number {
    return 2 ** -(this.#bits + 1);
  }

  add(value: number): void {
    const { negative, zero, positive, nan } = this.counts;
    double[0] = value;
    const high = words[1] as number;
    const bits = this.#bits;
    const bin = ((high & 0x7fffffff) >>> (20 - bits)) - ((BIAS + SMALLEST_EXPONENT) << bits);
    const counts = value !== value ? nan : bin < 0 ? zero : high >>> 31 === 1 ? negative : positive;
    const at = counts.length === 1 ? 0 : Math.min(bin, counts.length - 1);
    counts[at] = (counts[at] as number) + 1;
  }

  /** All values but NaN. */
  get count(): number {
    return this.bins().reduce((total, { count }) => total + count, 0);
  }

  /** The bins that hold something, from the smallest values to the largest. */
  bins(): HistogramBin[] {
    const { negative, zero, positive } = this.counts;
    const above = this.#occupied(positive);
    const below = this.#occupied(negative)
      .map(({ from, to, count }) => ({ from: -to, to: -from, count }))
      .toReversed();
    const none = zero[0] as number;
    return [...below, ...(none > 0 ? [{ from: 0, to: 0, count: none }] : []), ...above];
  }

  /**
   * The smallest value that at least this share of all values does not exceed, to within `relativeError` of itself; NaN of
   * no values.
   * @param share in [0, 1]: 0.5 is the median
   */
  quantile(share: number): number {
    const bins = this.bins();
    const rank = Math.max(1, Math.ceil(share * bins.reduce((total, { count }) => total + count, 0)));
    let seen = 0;
    for (const { from, to, count } of bins) {
      seen += count;
      if (seen >= rank) return (from + to) / 2;
    }
    return NaN;
  }

  #occupied(counts: Float64Array): HistogramBin[] {
    const found: HistogramBin[] = [];
    for (const [bin, count] of counts.entries()) {
      if (count > 0) found.push({ from: this.#edge(bin), to: this.#edge(bin + 1), count });
    }
    return found;
  }

  #edge(bin: number): number {
    const perOctave = 2 ** this.#bits;
    if (bin > OCTAVES * perOctave) return Infinity;
    return 2 ** (SMALLEST_EXPONENT + Math.floor(bin / perOctave)) * (1 + (bin % perOctave) / perOctave);
  }
}
