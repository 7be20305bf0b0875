import type { DType } from "../dtype.ts";
import type { LossNumbers, Operand } from "../plan.ts";
import { type Divisor, divisorOf } from "./mass.ts";
import { type LogitTile, RowStats } from "./row-stats.ts";
import { finiteOr0, saturate, times } from "./corners.ts";
import { Sum } from "./sum.ts";

/** Target mass spread over many classes: for the tile's row p and column c at `values[offset + p · pitch + c]`. */
export interface Spread {
  readonly values: Float64Array;
  readonly offset: number;
  /** 0 where all rows share the same. */
  readonly pitch: number;
}

/**
 * The row formula (docs/semantics.md), for rows whose logits come tile by tile. With hot mass h on class y, spread masses
 * q_j, S = h + Σ q_j, e_j = exp(x_j − max) and rest = Σ e_j − 1 (so log z = log1p(rest)):
 *
 *     loss   = S·log z + h·(max − x_y) + Σ q_j·(max − x_j)
 *     grad_j = upstream/divisor · ((S·e_j − Q_j) − Q_j·rest) / (1 + rest),   Q_j = q_j + [j = y]·h
 *
 * which is S·softmax_j − Q_j, written so that nothing is lost where all mass lies on the maximum (row-gradient.ts). All in f64.
 */
export class RowFormula {
  readonly stats: RowStats;
  /** Class of the hot mass, −1 for none, and its logit. Set by the caller, as `hot`, `rowWeight` and `upstream`. */
  readonly label: Float64Array;
  readonly labelLogit: Float64Array;
  /** Mass on the label. */
  readonly hot: Float64Array;
  /** What multiplies the finished row; 0 leaves it out. */
  readonly rowWeight: Float64Array;
  /** Gradient from above. */
  readonly upstream: Float64Array;
  readonly loss: Float64Array;
  readonly numbers: LossNumbers;
  readonly divisor: Divisor;
  readonly #spreadMass: Float64Array;
  readonly #spreadGap: Float64Array;
  /** S and h of the gradient, set by `finish`; other than those of the loss under focal loss. */
  readonly pull: Float64Array;
  readonly push: Float64Array;
  /** What z-loss adds: kept apart from S, of which hardly anything may be left beside q. */
  readonly extra: Float64Array;
  /** As far as the dtype of PyTorch's result reaches, where that is followed. */
  readonly #limit: (value: number) => number;
  readonly #logZ: Float64Array;
  readonly #total: Sum = new Sum();
  /** The totals of hot and of spread mass, which PyTorch divides one by one. */
  #hotTotal = 0;
  #spreadTotal = 0;

  constructor(numbers: LossNumbers & { readonly upstream: Operand | number }, rows: number, lossDType: DType) {
    const column = (): Float64Array => new Float64Array(rows);
    this.stats = new RowStats(rows);
    this.label = column();
    this.labelLogit = column();
    this.hot = column();
    this.rowWeight = column();
    this.upstream = column();
    this.loss = column();
    this.label.fill(-1);
    this.rowWeight.fill(1);
    if (typeof numbers.upstream === "number") this.upstream.fill(numbers.upstream);
    this.numbers = numbers;
    this.divisor = divisorOf(numbers.divisor);
    this.#spreadMass = column();
    this.#spreadGap = column();
    this.pull = column();
    this.push = column();
    this.extra = column();
    this.#logZ = column();
    this.#limit = numbers.strict && lossDType !== "f64" ? saturate : (value) => value;
  }

  /**
   * Takes in a tile of logits, with the target mass spread over its classes; the logits become `exp(x − max)`. Sums go
   * against the row's maximum, or against the label's logit where the caller knows it.
   */
  add(tile: LogitTile, spread: Spread | undefined, against: "maximum" | "label"): void {
    if (against === "maximum") this.findLabels(tile);
    if (this.numbers.normalized) return;
    const { stats } = this;
    const before = spread && stats.max.slice(tile.first, tile.first + tile.count);
    if (against === "label") stats.leadBy(tile, this.label, this.labelLogit);
    else {
      stats.lead(tile);
      stats.subtract(tile);
    }
    if (spread !== undefined && before !== undefined) this.#addSpread(tile, spread, before);
    stats.sum(tile);
  }

  /** The logits of the labels that lie in a tile. */
  findLabels({ values, pitch, first, count, start, width }: LogitTile): void {
    const { label, labelLogit } = this;
    for (let p = 0; p < count; p++) {
      const at = (label[first + p] as number) - start;
      if (at >= 0 && at < width) labelLogit[first + p] = values[p * pitch + at] as number;
    }
  }

  /** Gaps are measured from the maximum so far (from 0 before there is any) and moved along with it. */
  #addSpread({ values, pitch, first, count, width, start }: LogitTile, spread: Spread, before: Float64Array): void {
    const { strict } = this.numbers;
    const masses = spread.values;
    for (let p = 0; p < count; p++) {
      const row = first + p;
      let mass = 0;
      let gap = 0;
      for (let j = p * pitch, k = spread.offset + p * spread.pitch, end = j + width; j < end; j++, k++) {
        const q = masses[k] as number;
        mass += q;
        if (strict) gap -= q * this.#limit(values[j] as number);
        else if (q !== 0) gap -= q * (values[j] as number);
      }
      const earlier = start === 0 ? 0 : (this.#spreadMass[row] as number);
      const moved = finiteOr0(this.stats.max[row] as number) - finiteOr0(before[p] as number);
      this.#spreadGap[row] =
        (start === 0 ? 0 : (this.#spreadGap[row] as number) + (earlier === 0 ? 0 : earlier * moved)) + gap;
      this.#spreadMass[row] = earlier + mass;
    }
  }

  /** All classes of these rows are in: their losses. */
  finish(first: number, count: number, classes: number): void {
    const { strict, zLoss, focalGamma, normalized, reduce } = this.numbers;
    const { label, labelLogit, hot, rowWeight, loss } = this;
    const maxima = this.stats.max;
    const pull = this.pull;
    const push = this.push;
    const spreadMass = this.#spreadMass;
    const spreadGap = this.#spreadGap;
    const logZs = this.#logZ;
    const end = first + count;
    if (!normalized) this.stats.logZ(first, count, logZs);
    for (let p = first; p < end; p++) {
      const max = normalized ? 0 : (maxima[p] as number);
      const h = hot[p] as number;
      push[p] = h;
      loss[p] = (label[p] as number) < 0 ? 0 : times(h, this.#limit(max - (labelLogit[p] as number)), strict);
    }
    if (strict) this.#addParts(first, end);
    for (let p = first; p < end; p++) {
      const mass = (hot[p] as number) + (spreadMass[p] as number);
      pull[p] = mass;
      loss[p] =
        (rowWeight[p] as number) * (mass * (logZs[p] as number) + (loss[p] as number) + (spreadGap[p] as number));
    }
    if (focalGamma !== 0) this.#focus(first, count);
    if (zLoss !== 0) this.#addZLoss(first, count);
    for (let p = first; p < first + count; p++) if (rowWeight[p] === 0 || classes === 0) loss[p] = 0;
    if (reduce) this.#total.add(strict ? loss.map(this.#limit) : loss, first, count);
  }

  #addParts(first: number, end: number): void {
    for (let p = first; p < end; p++) {
      if (this.rowWeight[p] === 0) continue;
      const logZ = this.#logZ[p] as number;
      this.#hotTotal += (this.push[p] as number) * logZ + (this.loss[p] as number);
      this.#spreadTotal += (this.#spreadMass[p] as number) * logZ + (this.#spreadGap[p] as number);
    }
  }

  /** `(1 − p)^γ` times the loss h·surprise, with p = e^−surprise; the gradient keeps its form with other masses. */
  #focus(first: number, count: number): void {
    const { strict, focalGamma } = this.numbers;
    for (let p = first; p < first + count; p++) {
      const h = this.hot[p] as number;
      const surprise = this.surprise(p, this.labelLogit[p] as number);
      const miss = -Math.expm1(-surprise);
      const factor = miss ** focalGamma;
      const ratio = surprise === Infinity ? 0 : miss === 0 ? 1 : ((1 - miss) * surprise) / miss;
      this.loss[p] = (this.rowWeight[p] as number) * times(h, factor * surprise, strict);
      this.pull[p] = this.push[p] = h * factor * (1 + focalGamma * ratio);
    }
  }

  /** `λ·(log Σ exp x)²`, whose gradient is 2λ·lse·softmax. */
  #addZLoss(first: number, count: number): void {
    const { zLoss } = this.numbers;
    for (let p = first; p < first + count; p++) {
      const lse = this.surprise(p, 0);
      this.loss[p] = (this.loss[p] as number) + (this.rowWeight[p] as number) * zLoss * lse ** 2;
      this.extra[p] = 2 * zLoss * lse;
    }
  }

  /** `−log p_j`, in nats, of a logit of a finished row. */
  surprise(row: number, logit: number): number {
    if (this.numbers.normalized) return -logit;
    const max = this.stats.max[row] as number;
    return this.#limit(max - logit) + (this.#logZ[row] as number);
  }

  /** Σ of all finished rows over the divisor. */
  total(): number {
    const { strict, base, empty } = this.numbers;
    const { mass, kept } = this.divisor;
    if (kept === 0) return empty;
    // At a divisor of 0 each part is ±∞ or 0/0, and they may cancel.
    if (strict && mass === 0 && base !== 0) return this.#hotTotal / mass + this.#spreadTotal / mass;
    return (strict ? this.#limit(this.#total.value()) : this.#total.value()) / mass;
  }
}
