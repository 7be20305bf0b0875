import { exp } from "./exp.ts";
import type { RowFormula, Spread } from "./row-formula.ts";
import { exponentiate, type LogitTile } from "./row-stats.ts";

// The gradient of the row formula (its formula stands there), for rows that are finished.

/** A tile of logits, seen before, becomes `exp(x − max)` again. */
export function expAgain(formula: RowFormula, tile: LogitTile): void {
  if (formula.numbers.normalized) return;
  formula.stats.subtract(tile);
  exponentiate(tile);
}

/** Turns a tile of `exp(x − max)` into the gradient. */
export function rowGradient(formula: RowFormula, tile: LogitTile, spread: Spread | undefined): void {
  const { values, pitch, count, first, width, start } = tile;
  const { normalized, strict } = formula.numbers;
  for (let p = 0; p < count; p++) {
    const row = first + p;
    const from = p * pitch;
    const to = from + width;
    const max = formula.stats.max[row] as number;
    const rest = Number.isFinite(max) ? (formula.stats.rest[row] as number) : NaN;
    if (formula.rowWeight[row] === 0) {
      values.fill(strict && Number.isNaN(rest) && !normalized ? NaN : 0, from, to); // PyTorch: 0 · softmax(row)
      continue;
    }
    const scale = scaleOf(formula, row);
    const at = (formula.label[row] as number) - start;
    const labelled = (formula.label[row] as number) >= 0 && at >= 0 && at < width;
    const push = formula.push[row] as number;
    if (normalized) {
      values.fill(0, from, to);
      if (labelled) values[from + at] = -push * scale;
      continue;
    }
    const pull = formula.pull[row] as number;
    const extra = formula.extra[row] as number;
    const share = scale / (1 + rest);
    if (spread === undefined) {
      const factor = (pull + extra) * share;
      for (let j = from; j < to; j++) values[j] = factor * (values[j] as number);
    } else {
      const masses = spread.values;
      for (let j = from, k = spread.offset + p * spread.pitch; j < to; j++, k++) {
        const e = values[j] as number;
        values[j] = (slope(pull, e, masses[k] as number, rest) + extra * e) * share;
      }
    }
    if (labelled) {
      const e = exp((formula.labelLogit[row] as number) - max);
      const q = push + (spread === undefined ? 0 : (spread.values[spread.offset + p * spread.pitch + at] as number));
      values[from + at] = (slope(pull, e, q, rest) + extra * e) * share;
    }
    if (strict && !Number.isFinite(scale)) cancel(formula, tile, p, spread);
  }
}

/**
 * The gradient of complete rows whose `max` is the label's logit, without spread mass: `factors[p] · exp(x_j − max)`, but
 * at the label what `atLabel` becomes. Means nothing for rows that are left out.
 */
export function gradientByLabel(
  formula: RowFormula,
  count: number,
  factors: Float64Array,
  atLabel: Float64Array,
): void {
  const rests = formula.stats.rest;
  const pulls = formula.pull;
  const extras = formula.extra;
  const pushes = formula.push;
  for (let p = 0; p < count; p++) factors[p] = scaleOf(formula, p) / (1 + (rests[p] as number));
  for (let p = 0; p < count; p++) {
    const pull = pulls[p] as number;
    const extra = extras[p] as number;
    const share = factors[p] as number;
    atLabel[p] = (slope(pull, 1, pushes[p] as number, rests[p] as number) + extra) * share;
    factors[p] = (pull + extra) * share;
  }
}

/** PyTorch adds up the gradient's sides after dividing them: at a divisor of 0 that is ∞ − ∞ where mass is, or 0/0. */
function cancel(
  formula: RowFormula,
  { values, pitch, first, start, width }: LogitTile,
  p: number,
  spread: Spread | undefined,
): void {
  const label = formula.label[first + p] as number;
  if (label >= 0 && formula.push[first + p] === 0) values.fill(NaN, p * pitch, p * pitch + width);
  for (let c = 0; c < width; c++) {
    const spreadHere = spread === undefined ? 0 : (spread.values[spread.offset + p * spread.pitch + c] as number);
    if (spreadHere !== 0 || label === start + c) values[p * pitch + c] = NaN;
  }
}

/** What multiplies a row's gradient: upstream, row weight and divisor. */
export function scaleOf(formula: RowFormula, row: number): number {
  return ((formula.upstream[row] as number) / formula.divisor.mass) * (formula.rowWeight[row] as number);
}

/** `S·e_j − Q_j·(1 + rest)`, in the order of the row formula. */
function slope(pull: number, e: number, q: number, rest: number): number {
  return pull * e - q - q * rest;
}
