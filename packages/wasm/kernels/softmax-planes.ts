import { OF_LOG_SUM_EXP, OF_SOFTMAX } from "../src/codes";
import { fill } from "./elements";
import { log1p } from "./functions/log";
import { choose, isFinite, lanes, madd, ones, SUMMED } from "./lanes";
import { reducePlanes, reducePlanesInto, SMALLEST_PLANE } from "./planes";
import { arePlanes, findPlanes, planesAt, planesStep } from "./planes-of";
import { SoftmaxPlan } from "./records";
import { column, FACTOR, LEAD, LOG_Z, MAX_ROWS, REST, SHARE, TILE, tile, UPSTREAM } from "./scratch";
import { loadColumn, storeColumn, storePlanes } from "./tile";

// Across rows. Tiles: 0 input, 1 exponentials and then the result, 2 upstream.

export function softmaxPlanes(plan: SoftmaxPlan, first: i32, end: i32): void {
  const most = min(MAX_ROWS, (TILE / plan.classes) & ~3);
  for (let row = first; row < end; row += most) {
    const count = min(most, end - row);
    if (plan.width == 4 && block<f32>(plan, row, count)) continue;
    block<f64>(plan, row, count);
  }
}

/** A block of rows; false if it has to be done again in f64, before anything was written. */
function block<T>(plan: SoftmaxPlan, first: i32, count: i32): bool {
  const classes = plan.classes;
  const padded = (count + 3) & ~3;
  const vectors = padded / lanes<T>();
  const pitch = <usize>padded * sizeof<T>();
  const result = plan.result;
  const upstream = plan.upstream;
  findPlanes<T>(plan, plan.input, first, count, padded, tile(0), true);
  const x = planesAt;
  const step = planesStep;
  const logarithms = upstream === null && result != OF_SOFTMAX;
  if (logarithms) reducePlanes<T>(x, step, classes, vectors, tile(1));
  else reducePlanesInto<T>(x, step, classes, vectors, tile(1), pitch);
  if (sizeof<T>() == 4) {
    if (!isOrdinary(padded, logarithms)) return false;
  } else withoutSoftmax(padded, result == OF_LOG_SUM_EXP);

  if (upstream === null) {
    if (result == OF_LOG_SUM_EXP) {
      logSums<T>(padded);
      storeColumn<T>(plan, plan.output, first, count, column(LOG_Z));
      return true;
    }
    const direct = sizeof<T>() == 4 && arePlanes<T>(plan, plan.output, first, count);
    const out = direct ? planesAt : tile(1);
    const outStep = direct ? planesStep : pitch;
    if (result == OF_SOFTMAX) values<T>(classes, padded, out, outStep);
    else logValues<T>(x, step, classes, padded, out, outStep);
    if (!direct) storePlanes<T>(plan, plan.output, first, count, 0, classes, out, padded);
    return true;
  }

  let g: usize = 0;
  let gStep: usize = 0;
  if (result == OF_LOG_SUM_EXP) {
    loadColumn<T>(plan, upstream, first, count, column(UPSTREAM));
    fill<T>(column(UPSTREAM) + <usize>count * sizeof<T>(), 0, padded - count);
  } else {
    findPlanes<T>(plan, upstream, first, count, padded, tile(2), true);
    g = planesAt;
    gStep = planesStep;
  }
  gradients<T>(result, classes, padded, g, gStep);
  storePlanes<T>(plan, plan.output, first, count, 0, classes, tile(1), padded);
  return true;
}

/** Whether every row has a finite maximum and no NaN, and a rest of which all digits are there, if its logarithm is wanted. */
function isOrdinary(padded: i32, logarithms: bool): bool {
  let ordinary = i32x4.splat(-1);
  for (let at: usize = 0; at < (<usize>padded) << 2; at += 16) {
    const rest = v128.load(column(REST) + at);
    const fine = logarithms ? f32x4.ge(rest, f32x4.splat(SMALLEST_PLANE)) : f32x4.eq(rest, rest);
    ordinary = v128.and(ordinary, v128.and(fine, isFinite<f32>(v128.load(column(LEAD) + at))));
  }
  return i32x4.all_true(ordinary);
}

/** Rows without a finite maximum have no softmax; their log-sum-exp is that maximum, and its gradient is e^(x − max). */
function withoutSoftmax(padded: i32, sums: bool): void {
  for (let at: usize = 0; at < (<usize>padded) << 3; at += 16) {
    const lead = v128.load(column(LEAD) + at);
    const none = sums
      ? v128.and(v128.splat<f64>(NaN), f64x2.ne(lead, v128.splat<f64>(Infinity)))
      : v128.splat<f64>(NaN);
    v128.store(column(REST) + at, choose(isFinite<f64>(lead), v128.load(column(REST) + at), none));
  }
}

/** log Σ e^x into LOG_Z. */
function logSums<T>(padded: i32): void {
  for (let at: usize = 0; at < <usize>padded * sizeof<T>(); at += 16) {
    const lead = v128.load(column(LEAD) + at);
    const sum = v128.add<T>(lead, log1p<T>(v128.load(column(REST) + at)));
    v128.store(column(LOG_Z) + at, choose(isFinite<T>(lead), sum, lead));
  }
}

function values<T>(classes: i32, padded: i32, out: usize, outStep: usize): void {
  const one = ones<T>();
  const pitch = <usize>padded * sizeof<T>();
  for (let at: usize = 0; at < pitch; at += 16) {
    const share = v128.div<T>(one, v128.add<T>(one, v128.load(column(REST) + at)));
    for (let c = 0; c < classes; c++) {
      v128.store(out + <usize>c * outStep + at, v128.mul<T>(v128.load(tile(1) + <usize>c * pitch + at), share));
    }
  }
}

/** x − max − log z, in this order: the difference first keeps the digits of large logits. */
function logValues<T>(x: usize, step: usize, classes: i32, padded: i32, out: usize, outStep: usize): void {
  for (let at: usize = 0; at < <usize>padded * sizeof<T>(); at += 16) {
    const lead = v128.load(column(LEAD) + at);
    const logZ = log1p<T>(v128.load(column(REST) + at));
    for (let c = 0; c < classes; c++) {
      const away = v128.sub<T>(v128.load(x + <usize>c * step + at), lead);
      v128.store(out + <usize>c * outStep + at, v128.sub<T>(away, logZ));
    }
  }
}

/** In the place of the exponentials. */
function gradients<T>(result: i32, classes: i32, padded: i32, g: usize, gStep: usize): void {
  const one = ones<T>();
  const pitch = <usize>padded * sizeof<T>();
  for (let at: usize = 0; at < pitch; at += 16) {
    const share = v128.div<T>(one, v128.add<T>(one, v128.load(column(REST) + at)));
    let dot = v128.splat<T>(0);
    if (result == OF_LOG_SUM_EXP) dot = v128.load(column(UPSTREAM) + at);
    else {
      for (let c = 0; c < classes; ) {
        let part = v128.splat<T>(0);
        for (const stop = min(classes, c + SUMMED); c < stop; c++) {
          const above = v128.load(g + <usize>c * gStep + at);
          const e = v128.load(tile(1) + <usize>c * pitch + at);
          part = result == OF_SOFTMAX ? madd<T>(above, e, part) : v128.add<T>(above, part);
        }
        dot = v128.add<T>(dot, part);
      }
    }
    for (let c = 0; c < classes; c++) {
      const to = tile(1) + <usize>c * pitch + at;
      const y = v128.mul<T>(v128.load(to), share);
      if (result == OF_LOG_SUM_EXP) {
        v128.store(to, v128.mul<T>(dot, y));
        continue;
      }
      const above = v128.load(g + <usize>c * gStep + at);
      const by =
        result == OF_SOFTMAX
          ? v128.mul<T>(y, v128.sub<T>(above, v128.mul<T>(dot, share)))
          : v128.sub<T>(above, v128.mul<T>(y, dot));
      v128.store(to, by);
    }
  }
}
