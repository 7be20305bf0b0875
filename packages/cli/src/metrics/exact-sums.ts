import { fromFixedPoint, toFixedPoint } from "./fixed-point.ts";

// A superaccumulator in the manner of Neal (2015), "Fast exact summation using small and large superaccumulators", on
// doubles instead of 64-bit integers. A sum is a row of limbs; limb k holds a multiple of 2^(32k − 1075). A number whose
// biased exponent is e falls into limbs k = e >> 5, k + 1 and k + 2: three pieces of at most 32 bits, cut off by adding and
// taking away 1.5 · 2^52 units. A limb has room for 2^21 pieces; then carries are taken.

const LIMB_BITS = 32;
const LIMBS = 64;
const PIECES = 3;
/** Numbers from here on would overflow while they are cut: they take the slow way. */
const LARGEST = 2 ** 960;
const ADDS_BETWEEN_CARRIES = 2 ** 20;

/** Adding and taking away `CUT[k]` rounds to a multiple of limb k's unit. */
const CUT = Float64Array.from({ length: LIMBS }, (_, limb) => 1.5 * 2 ** (52 + limb * LIMB_BITS - 1075));

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

/** How many terms were no numbers to add up. */
export interface NonFinite {
  readonly nan: number;
  readonly positive: number;
  readonly negative: number;
}

const NONE: NonFinite = { nan: 0, positive: 0, negative: 0 };

/**
 * Sums of doubles, many at once, without any error: whatever the order and the grouping, a sum is the same to the last bit,
 * and rounded once, when it is asked for. Memory: the limbs between the smallest and the largest term, 8 bytes each, for
 * every sum; six to eight for losses, at most 64.
 */
export class ExactSums {
  readonly length: number;
  #limbs: Float64Array = new Float64Array(0);
  /** The limbs that there is room for: `#first` to `#first + #width − 1`. */
  #first = 0;
  #width = 0;
  #adds = 0;
  /** What came from elsewhere or was too large for limbs, as integers in units of 2⁻¹⁰⁷⁴. */
  readonly #whole = new Map<number, bigint>();
  readonly #nonFinite = new Map<number, NonFinite>();

  constructor(length: number = 1) {
    this.length = length;
  }

  /** Adds a term to one of the sums. */
  add(sum: number, term: number): void {
    if (term === 0) return;
    if (!(term < LARGEST && term > -LARGEST)) return this.#addLarge(sum, term);
    double[0] = term;
    const limb = ((words[1] as number) & 0x7ff00000) >>> 25;
    if (limb < this.#first || limb + PIECES > this.#first + this.#width) this.#makeRoom(limb);
    if (++this.#adds > ADDS_BETWEEN_CARRIES) this.#carry();
    const limbs = this.#limbs;
    const at = sum * this.#width + limb - this.#first;
    const cutHigh = CUT[limb + 2] as number;
    const cutMiddle = CUT[limb + 1] as number;
    const high = term + cutHigh - cutHigh;
    const rest = term - high;
    const middle = rest + cutMiddle - cutMiddle;
    limbs[at] = (limbs[at] as number) + (rest - middle);
    limbs[at + 1] = (limbs[at + 1] as number) + middle;
    limbs[at + 2] = (limbs[at + 2] as number) + high;
  }

  /** Adds the first `count` of many terms to one of the sums. */
  addAll(sum: number, terms: Float64Array, count: number = terms.length): void {
    for (let i = 0; i < count; i++) this.add(sum, terms[i] as number);
  }

  /** Adds `a · b`, both parts of the product: exact but where the product is below 1e-290 (then it is rounded first). */
  addProduct(sum: number, a: number, b: number): void {
    const product = a * b;
    this.add(sum, product);
    // Dekker's product: halves of 26 bits, whose products are exact.
    if (!(Math.abs(a) < LARGEST && Math.abs(b) < LARGEST)) return;
    const error = lowerPart(a, b, product);
    if (error - error === 0) this.add(sum, error); // not so where the product overflowed
  }

  /** Adds all sums of another. */
  merge(other: ExactSums): void {
    for (let sum = 0; sum < this.length; sum++) {
      this.addExact(sum, other.exact(sum), other.nonFinite(sum));
    }
  }

  /** Adds what `exact` and `nonFinite` gave. */
  addExact(sum: number, units: bigint, { nan, positive, negative }: NonFinite = NONE): void {
    if (units !== 0n) this.#whole.set(sum, (this.#whole.get(sum) ?? 0n) + units);
    if (nan + positive + negative === 0) return;
    const before = this.nonFinite(sum);
    this.#nonFinite.set(sum, {
      nan: before.nan + nan,
      positive: before.positive + positive,
      negative: before.negative + negative,
    });
  }

  /** The finite terms' sum, as an integer in units of 2⁻¹⁰⁷⁴. */
  exact(sum: number = 0): bigint {
    let total = this.#whole.get(sum) ?? 0n;
    for (let at = sum * this.#width, to = at + this.#width; at < to; at++) {
      const limb = this.#limbs[at] as number;
      if (limb !== 0) total += toFixedPoint(limb);
    }
    return total;
  }

  /** How many terms were NaN or infinite. */
  nonFinite(sum: number = 0): NonFinite {
    return this.#nonFinite.get(sum) ?? NONE;
  }

  /** The sum as the nearest double; NaN and infinities as in any sum. */
  value(sum: number = 0): number {
    const { nan, positive, negative } = this.nonFinite(sum);
    if (nan > 0 || (positive > 0 && negative > 0)) return NaN;
    if (positive > 0) return Infinity;
    return negative > 0 ? -Infinity : fromFixedPoint(this.exact(sum));
  }

  #addLarge(sum: number, term: number): void {
    if (Number.isFinite(term)) return this.addExact(sum, toFixedPoint(term));
    this.addExact(sum, 0n, {
      nan: Number.isNaN(term) ? 1 : 0,
      positive: term === Infinity ? 1 : 0,
      negative: term === -Infinity ? 1 : 0,
    });
  }

  /** Widens every sum so that a number of this limb fits, with one limb above it for carries. */
  #makeRoom(limb: number): void {
    const end = Math.min(LIMBS, limb + PIECES + 1);
    const first = this.#width === 0 ? limb : Math.min(this.#first, limb);
    const width = Math.max(this.#first + this.#width, end) - first;
    const limbs = new Float64Array(this.length * width);
    for (let sum = 0; this.#width > 0 && sum < this.length; sum++) {
      const old = this.#limbs.subarray(sum * this.#width, (sum + 1) * this.#width);
      limbs.set(old, sum * width + this.#first - first);
    }
    this.#limbs = limbs;
    this.#first = first;
    this.#width = width;
  }

  /** Moves what is beyond a limb's 32 bits to the limb above; from the uppermost to the integers. */
  #carry(): void {
    this.#adds = 0;
    const limbs = this.#limbs;
    for (let sum = 0; sum < this.length; sum++) {
      const from = sum * this.#width;
      const last = from + this.#width - 1;
      for (let at = from; at < last; at++) {
        const cut = CUT[this.#first + at - from + 1] as number;
        const carried = (limbs[at] as number) + cut - cut;
        limbs[at] = (limbs[at] as number) - carried;
        limbs[at + 1] = (limbs[at + 1] as number) + carried;
      }
      if (limbs[last] !== 0) this.addExact(sum, toFixedPoint(limbs[last] as number));
      limbs[last] = 0;
    }
  }
}

/** What `product`, the rounded `a · b`, lacks. */
function lowerPart(a: number, b: number, product: number): number {
  const aHigh = upperHalf(a);
  const bHigh = upperHalf(b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** The upper 26 bits of the significand (Veltkamp). */
function upperHalf(value: number): number {
  const scaled = 134_217_729 * value; // 2^27 + 1
  return scaled - (scaled - value);
}
