import type { DType } from "../dtype.ts";
import type { LossNumbers } from "../plan.ts";
import { exp } from "./exp.ts";
import { type Divisor, divisorOf } from "./mass.ts";
import { RowStats } from "./row-stats.ts";

/** Target mass spread over many classes: `values[offset + j]` for class j of the tile at hand. */
export interface Spread {
  readonly values: Float64Array;
  readonly offset: number;
}

/**
 * The row formula (docs/semantics.md), for a block of rows whose logits come tile by tile. With hot mass h on class y and
 * spread masses q_j, S = h + Σ q_j, log z = log1p(rest):
 *
 *     loss   = S·log z + h·(max − x_y) + Σ q_j·(max − x_j)
 *     grad_j = upstream/divisor · (S·e_j/(1 + rest) − q_j − [j = y]·h)
 *
 * and at the maximum `((S − q) − q·rest)/(1 + rest)`, which is exact where all mass is there. All in f64.
 */
export class RowFormula {
  readonly stats: RowStats;
  /** Class of the hot mass; −1 for none. */
  readonly label: Float64Array;
  readonly labelLogit: Float64Array;
  /** Mass on the label, and what multiplies the finished row. 0 row weight leaves the row out. */
  readonly hot: Float64Array;
  readonly rowWeight: Float64Array;
  /** Gradient from above, per row. */
  readonly upstream: Float64Array;
  readonly loss: Float64Array;
  readonly #numbers: LossNumbers;
  readonly #divisor: Divisor;
  readonly #spreadMass: Float64Array;
  readonly #spreadGap: Float64Array;
  /** S of the gradient, and the mass it takes from the label: other than S and h for z-loss and focal loss. */
  readonly #pull: Float64Array;
  readonly #push: Float64Array;
  readonly #rounding: Float64Array | Float32Array;
  #sum = 0;
  #carry = 0;

  constructor(numbers: LossNumbers, rows: number, lossDType: DType) {
    const column = (): Float64Array => new Float64Array(rows);
    this.stats = new RowStats(rows);
    this.label = column();
    this.hot = column();
    this.rowWeight = column().fill(1);
    this.upstream = column().fill(1);
    this.loss = column();
    this.#numbers = numbers;
    this.#divisor = divisorOf(numbers.divisor);
    this.labelLogit = column();
    this.#spreadMass = column();
    this.#spreadGap = column();
    this.#pull = column();
    this.#push = column();
    this.#rounding = lossDType === "f64" ? new Float64Array(1) : new Float32Array(1);
  }

  /** Starts a block: `label`, `hot`, `rowWeight` and `upstream` are set by the caller. */
  begin(count: number): void {
    this.stats.reset(count);
    this.labelLogit.fill(NaN, 0, count);
    this.#spreadMass.fill(0, 0, count);
    this.#spreadGap.fill(0, 0, count);
  }

  /** Takes in classes `start …` of row `p`, at `tile[from … to − 1]`. */
  add(p: number, tile: Float64Array, from: number, to: number, start: number, spread: Spread | undefined): void {
    const at = (this.label[p] as number) - start;
    if (at >= 0 && at < to - from) this.labelLogit[p] = tile[from + at] as number;
    if (this.#numbers.normalized) return;
    const before = this.stats.max[p] as number;
    this.stats.add(p, tile, from, to, start);
    if (spread === undefined) return;
    // Gaps are measured from the maximum so far (from 0 before there is any) and moved along with it.
    const max = finiteOr0(this.stats.max[p] as number);
    const moved = max - finiteOr0(before);
    const { values, offset } = spread;
    const { strict } = this.#numbers;
    let mass = 0;
    let gap = 0;
    for (let j = from, k = offset; j < to; j++, k++) {
      const q = values[k] as number;
      mass += q;
      if (q !== 0 || strict) gap += q * (max - (tile[j] as number));
    }
    this.#spreadGap[p] = (this.#spreadGap[p] as number) + times(this.#spreadMass[p] as number, moved, false) + gap;
    this.#spreadMass[p] = (this.#spreadMass[p] as number) + mass;
  }

  /** All classes of row `p` are in: its loss. */
  finish(p: number, classes: number): void {
    const { strict, zLoss, focalGamma, normalized } = this.#numbers;
    const rowWeight = this.rowWeight[p] as number;
    const { max, rest } = this.#statsOf(p);
    const logZ = Math.log1p(rest);
    const hot = this.hot[p] as number;
    let loss = 0;
    let pull = 0;
    let push = hot;
    if (rowWeight !== 0 && classes > 0) {
      const gap = (normalized ? 0 : max) - (this.labelLogit[p] as number);
      const hotLoss = (this.label[p] as number) < 0 ? 0 : times(hot, gap, strict);
      const mass = hot + (this.#spreadMass[p] as number);
      pull = mass;
      loss = mass * logZ + hotLoss + (this.#spreadGap[p] as number);
      if (focalGamma !== 0) {
        const surprise = logZ + gap;
        const miss = -Math.expm1(-surprise);
        const factor = miss ** focalGamma;
        loss = times(hot, factor * surprise, strict);
        const slope = surprise === Infinity ? 0 : (focalGamma * (1 - miss) * surprise) / miss;
        pull = push = hot * factor * (1 + (miss === 0 ? focalGamma : slope));
      }
      if (zLoss !== 0) {
        loss += zLoss * (max + logZ) ** 2;
        pull += 2 * zLoss * (max + logZ);
      }
      loss *= rowWeight;
    }
    this.#pull[p] = pull;
    this.#push[p] = push;
    this.loss[p] = loss;
    this.#accumulate(loss);
  }

  /** Turns row `p`'s logits in `tile[from … to − 1]` into its gradient. */
  gradient(p: number, tile: Float64Array, from: number, to: number, start: number, spread: Spread | undefined): void {
    const { normalized, strict } = this.#numbers;
    const rowWeight = this.rowWeight[p] as number;
    const { max, rest } = this.#statsOf(p);
    if (rowWeight === 0) {
      tile.fill(strict && Number.isNaN(rest) ? NaN : 0, from, to); // PyTorch: 0 · softmax(row)
      return;
    }
    const scale = this.scale(p);
    const pull = this.#pull[p] as number;
    const share = 1 / (1 + rest);
    const at = from + (this.label[p] as number) - start;
    const peak = from + (this.stats.peak[p] as number) - start;
    if (normalized) tile.fill(0, from, to);
    else for (let j = from; j < to; j++) tile[j] = pull * (exp((tile[j] as number) - max) * share);
    const labelled = (this.label[p] as number) >= 0 && at >= from && at < to;
    const push = this.#push[p] as number;
    if (spread !== undefined) subtract(tile, from, to, spread);
    if (labelled) tile[at] = (tile[at] as number) - push;
    if (!normalized && peak >= from && peak < to && this.stats.peak[p] !== -1) {
      const spreadHere = spread === undefined ? 0 : (spread.values[spread.offset + peak - from] as number);
      const q = spreadHere + (labelled && at === peak ? push : 0);
      tile[peak] = (pull - q - q * rest) * share;
    }
    for (let j = from; j < to; j++) tile[j] = (tile[j] as number) * scale;
  }

  /** What multiplies a row's gradient: upstream, row weight and divisor. */
  scale(p: number): number {
    return ((this.upstream[p] as number) / this.#divisor.mass) * (this.rowWeight[p] as number);
  }

  /** `−log p_j`, in nats, of a logit of row `p`. */
  surprise(p: number, logit: number): number {
    const { max, rest } = this.#statsOf(p);
    return max - logit + Math.log1p(rest);
  }

  /** max and rest as the formulas need them: a row without a finite maximum is NaN throughout. */
  #statsOf(p: number): { max: number; rest: number } {
    if (this.#numbers.normalized) return { max: 0, rest: 0 };
    const max = this.stats.max[p] as number;
    return { max, rest: Number.isFinite(max) ? (this.stats.rest[p] as number) : NaN };
  }

  /** Σ of all finished rows over the divisor, compensated (Neumaier 1974). */
  total(): number {
    if (this.#divisor.kept === 0) return this.#numbers.empty;
    const sum = Number.isFinite(this.#carry) ? this.#sum + this.#carry : this.#sum;
    return (this.#numbers.strict ? this.#round(sum) : sum) / this.#divisor.mass;
  }

  /** As it stands in the result's dtype: PyTorch's f32 sum overflows where an f64 one does not. */
  #round(value: number): number {
    this.#rounding[0] = value;
    return this.#rounding[0] as number;
  }

  #accumulate(loss: number): void {
    const term = this.#numbers.strict ? this.#round(loss) : loss;
    const sum = this.#sum + term;
    this.#carry += Math.abs(this.#sum) >= Math.abs(term) ? this.#sum - sum + term : term - sum + this.#sum;
    this.#sum = sum;
  }
}

function finiteOr0(x: number): number {
  return Number.isFinite(x) ? x : 0;
}

/** `a·b`, with 0·∞ = 0 unless strict: a class without target mass contributes nothing. */
export function times(a: number, b: number, strict: boolean): number {
  return a === 0 && !strict ? (Number.isNaN(b) ? NaN : 0) : a * b;
}

function subtract(tile: Float64Array, from: number, to: number, { values, offset }: Spread): void {
  for (let j = from, k = offset; j < to; j++, k++) tile[j] = (tile[j] as number) - (values[k] as number);
}
