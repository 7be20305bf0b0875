import { OF_LOG_SUM_EXP, OF_SOFTMAX } from "../src/codes";
import { isNative } from "./elements";
import { log1p } from "./functions/log";
import { choose, isFinite } from "./lanes";
import { Operand, SoftmaxPlan } from "./records";
import { HIGHEST } from "./row-formula";
import {
  ALL_BUT_LARGEST,
  beginBlock,
  beginRuns,
  direct,
  expsOf,
  loadRuns,
  numberAt,
  reduceRuns,
  rowOf,
  runAt,
  setNumber,
  SMALLEST_ROW,
  tileRows,
  width,
} from "./rows";
import { differenceRun, dotRun, gradientRun, scaleRun, sumRun } from "./runs";
import { column, FACTOR, LEAD, LOG_Z, PEAK, REST, SUM, tile, TOP, UPSTREAM } from "./scratch";
import { loadColumn, loadRows, storeColumn, storeRows } from "./tile";

// Along rows. Tiles: 0 input, 1 exponentials and results, 2 upstream.

export function softmaxRows(plan: SoftmaxPlan, first: i32, end: i32): void {
  const most = beginRuns(plan, plan.input, 1, 0, HIGHEST);
  for (let row = first; row < end; row += most) {
    const count = min(most, end - row);
    if (plan.width == 4 && block<f32>(plan, row, count)) continue;
    block<f64>(plan, row, count);
  }
}

/** A block of rows; false if it has to be done again in f64. */
function block<T>(plan: SoftmaxPlan, first: i32, count: i32): bool {
  const padded = (count + 3) & ~3;
  const result = plan.result;
  const upstream = plan.upstream;
  beginBlock<T>(plan, count);
  const logarithms = upstream === null && result != OF_SOFTMAX;
  // Exponentials stay where the result will be, if they can.
  const output = plan.output;
  const keeps = sizeof<T>() == 4 && direct && !logarithms && isNative<T>(output.dtype) && output.classStep == 1;
  // The largest is added last: terms that are small beside it would be lost in the sum of its lane.
  if (!reduceRuns<T>(plan, first, count, ALL_BUT_LARGEST, false, keeps ? output : null)) return false;
  for (let p = 0; p < count; p++) {
    const lead = numberAt<T>(LEAD, p);
    const rest = numberAt<T>(REST, p);
    const at = <usize>p << 3;
    if (sizeof<T>() == 4) {
      const least = logarithms ? rest : rest + numberAt<T>(PEAK, p);
      if (!(least - least == 0 && least >= <T>SMALLEST_ROW)) return false;
    } else if (!(lead - lead == 0)) {
      // No softmax. The log-sum-exp is the maximum, and its gradient e^(x − max).
      setNumber<T>(PEAK, p, 1);
      setNumber<T>(REST, p, result == OF_LOG_SUM_EXP && lead == <T>Infinity ? 0 : <T>NaN);
    }
    // Rounded once: it is a factor of all results.
    const z = sizeof<T>() == 4 ? load<f64>(column(TOP) + at) + load<f64>(column(SUM) + at) : <f64>numberAt<T>(PEAK, p) + <f64>numberAt<T>(REST, p);
    setNumber<T>(FACTOR, p, <T>(1 / z));
  }
  if (logarithms) {
    for (let p = count; p < padded; p++) setPad<T>(p);
    for (let at: usize = 0; at < <usize>padded * sizeof<T>(); at += 16) {
      const ratio = v128.div<T>(v128.load(column(REST) + at), v128.load(column(PEAK) + at));
      v128.store(column(LOG_Z) + at, log1p<T>(ratio));
    }
    if (result == OF_LOG_SUM_EXP) logSums<T>(plan, first, count, padded);
    else logValues<T>(plan, first, count);
    return true;
  }
  if (upstream === null) values<T>(plan, first, count, keeps);
  else gradients<T>(plan, upstream, first, count, keeps);
  return true;
}

function setPad<T>(p: i32): void {
  setNumber<T>(LEAD, p, 0);
  setNumber<T>(PEAK, p, 1);
  setNumber<T>(REST, p, 1);
}

function logSums<T>(plan: SoftmaxPlan, first: i32, count: i32, padded: i32): void {
  for (let at: usize = 0; at < <usize>padded * sizeof<T>(); at += 16) {
    const lead = v128.load(column(LEAD) + at);
    const sum = v128.add<T>(lead, v128.load(column(LOG_Z) + at));
    v128.store(column(LOG_Z) + at, choose(isFinite<T>(lead), sum, lead));
  }
  storeColumn<T>(plan, plan.output, first, count, column(LOG_Z));
}

/** x − max − log z, in this order: the difference first keeps the digits of large logits. */
function logValues<T>(plan: SoftmaxPlan, first: i32, count: i32): void {
  for (let p = 0; p < count; p += tileRows) {
    for (let start = 0; start < plan.classes; start += width) {
      const n = min(width, plan.classes - start);
      loadRuns<T>(plan, first + p, start, n, false);
      for (let q = p; q < p + tileRows; q++) {
        const x = runAt<T>(plan, first + q, q - p, start);
        const to = tile(1) + <usize>((q - p) * width) * sizeof<T>();
        differenceRun<T>(x, to, n, numberAt<T>(LEAD, q), numberAt<T>(LOG_Z, q));
      }
      storeRows<T>(plan, plan.output, first + p, tileRows, start, n, tile(1), width);
    }
  }
}

function values<T>(plan: SoftmaxPlan, first: i32, count: i32, kept: bool): void {
  if (kept) {
    for (let p = 0; p < count; p++) {
      const row = rowOf(plan, plan.output, first + p);
      scaleRun<T>(row, row, plan.classes, numberAt<T>(FACTOR, p));
    }
    return;
  }
  for (let p = 0; p < count; p += tileRows) {
    for (let start = 0; start < plan.classes; start += width) {
      const n = min(width, plan.classes - start);
      loadRuns<T>(plan, first + p, start, n, false);
      for (let q = p; q < p + tileRows; q++) {
        const x = runAt<T>(plan, first + q, q - p, start);
        expsOf<T>(x, tile(1) + <usize>((q - p) * width) * sizeof<T>(), n, q, numberAt<T>(FACTOR, q));
      }
      storeRows<T>(plan, plan.output, first + p, tileRows, start, n, tile(1), width);
    }
  }
}

/** Gradients from above of a run, in place or in tile 2. */
function aboveAt<T>(plan: SoftmaxPlan, upstream: Operand, row: i32, p: i32, start: i32): usize {
  if (aboveIsDirect<T>(upstream)) return rowOf(plan, upstream, row) + <usize>start * sizeof<T>();
  return tile(2) + <usize>(p * width) * sizeof<T>();
}

function aboveIsDirect<T>(upstream: Operand): bool {
  return isNative<T>(upstream.dtype) && upstream.classStep == 1;
}

function loadAbove<T>(plan: SoftmaxPlan, upstream: Operand, row: i32, start: i32, n: i32): void {
  if (aboveIsDirect<T>(upstream)) return;
  loadRows<T>(plan, upstream, row, tileRows, start, n, tile(2), width);
}

/** Exponentials of a run: where the result will be, or in tile 1. */
function expsAt<T>(plan: SoftmaxPlan, row: i32, p: i32, q: i32, start: i32, n: i32, kept: bool): usize {
  if (kept) return rowOf(plan, plan.output, row) + <usize>start * sizeof<T>();
  const to = tile(1) + <usize>(p * width) * sizeof<T>();
  expsOf<T>(runAt<T>(plan, row, p, start), to, n, q, 1);
  return to;
}

function gradients<T>(plan: SoftmaxPlan, upstream: Operand, first: i32, count: i32, kept: bool): void {
  const result = plan.result;
  if (result == OF_LOG_SUM_EXP) loadColumn<T>(plan, upstream, first, count, column(UPSTREAM));
  for (let p = 0; p < count; p += tileRows) {
    if (result != OF_LOG_SUM_EXP) dots<T>(plan, upstream, first, p, kept);
    for (let start = 0; start < plan.classes; start += width) {
      const n = min(width, plan.classes - start);
      if (!kept) loadRuns<T>(plan, first + p, start, n, false);
      if (result != OF_LOG_SUM_EXP) loadAbove<T>(plan, upstream, first + p, start, n);
      for (let q = p; q < p + tileRows; q++) {
        const e = expsAt<T>(plan, first + q, q - p, q, start, n, kept);
        const share = numberAt<T>(FACTOR, q);
        if (result == OF_LOG_SUM_EXP) scaleRun<T>(e, e, n, share * numberAt<T>(UPSTREAM, q));
        else {
          const g = aboveAt<T>(plan, upstream, first + q, q - p, start);
          const dot = <T>load<f64>(column(SUM) + ((<usize>q) << 3));
          gradientRun<T>(e, g, n, share, dot, result == OF_SOFTMAX);
        }
      }
      if (!kept) storeRows<T>(plan, plan.output, first + p, tileRows, start, n, tile(1), width);
    }
  }
}

/** Σ g·e of softmax, Σ g of log-softmax, into SUM. */
function dots<T>(plan: SoftmaxPlan, upstream: Operand, first: i32, p: i32, kept: bool): void {
  for (let q = p; q < p + tileRows; q++) store<f64>(column(SUM) + ((<usize>q) << 3), 0);
  for (let start = 0; start < plan.classes; start += width) {
    const n = min(width, plan.classes - start);
    if (!kept && plan.result == OF_SOFTMAX) loadRuns<T>(plan, first + p, start, n, false);
    loadAbove<T>(plan, upstream, first + p, start, n);
    for (let q = p; q < p + tileRows; q++) {
      const g = aboveAt<T>(plan, upstream, first + q, q - p, start);
      const sum = column(SUM) + ((<usize>q) << 3);
      const part =
        plan.result == OF_SOFTMAX
          ? dotRun<T>(expsAt<T>(plan, first + q, q - p, q, start, n, kept), g, n)
          : sumRun<T>(g, n);
      store<f64>(sum, load<f64>(sum) + part);
    }
  }
}
