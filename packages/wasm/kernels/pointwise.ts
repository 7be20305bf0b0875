import {
  BINARY_LOGITS,
  BINARY_PROBABILITIES,
  DISTRIBUTION_CROSS_ENTROPY,
  DISTRIBUTION_KL,
  ENTROPY,
  EXP,
  FOCAL_LOGITS,
  IDENTITY,
  KL,
  KL_LOG_TARGET,
  REDUCE_CLASSES,
  REDUCE_NONE,
  REDUCE_TOTAL,
  SOFT_MARGIN,
} from "../src/codes";
import { binaryGradients, binaryLosses } from "./binary-run";
import { bytesOf, fill, isNative, read, readAll, write, writeAll } from "./elements";
import { firstBytes, isFinite, lower, sumOf, upper } from "./lanes";
import { Operand, Partial, PointwisePlan } from "./records";
import { tile } from "./scratch";
import { slopeOf, valueOf } from "./terms";
import { addToTotal, beginTotals, storeTotals } from "./totals";

// `scale · weight · term(a, b)` of each element, kept, summed along the classes or summed altogether, and its gradient. Elements come in
// runs along `inner`, or along the classes where inner is 1. In f32 a run whose results are not finite is done again in f64.

/** Elements of a run: with all operands in tiles they stay in the first cache. */
const RUN = 1024;
// Quarters of tiles, in f64 too.
const A = 0;
const B = 1;
const WEIGHT = 2;
const POSITIVE = 3;
const UPSTREAM = 4;
const VALUE = 5;
const SLOPE = 6;
/** Sums along the classes, in f64. */
const SUMS = 7;

// @ts-ignore: decorator
@inline
function room(i: i32): usize {
  return tile(0) + <usize>(i * RUN) * 8;
}

/** Rows `first … end − 1` and, where inner is 1, their classes `start … stop − 1`. */
export function pointwise(plan: PointwisePlan, first: i32, end: i32, start: i32, stop: i32, partial: Partial): void {
  beginTotals();
  const classes = plan.classes;
  const inner = plan.inner;
  const summed = plan.reduce == REDUCE_CLASSES;
  if (inner == 1) {
    for (let row = first; row < end; row++) {
      let sum: f64 = 0;
      for (let c = start; c < stop; c += RUN) {
        const n = min(RUN, stop - c);
        run(plan, row, c, 0, n, false);
        sum += runSum;
      }
      if (summed) storeSum(plan, row, 0, sum);
      else addToTotal(sum);
    }
  } else {
    for (let row = first; row < end; ) {
      const o = row / inner;
      const i = row - o * inner;
      const n = min(RUN, min(end - row, inner - i));
      if (summed) fill<f64>(room(SUMS), 0, n);
      for (let c = 0; c < classes; c++) {
        run(plan, o, c, i, n, summed);
        if (!summed) addToTotal(runSum);
      }
      if (summed) for (let p = 0; p < n; p++) storeSum(plan, o, i + p, load<f64>(room(SUMS) + (<usize>p << 3)));
      row += n;
    }
  }
  storeTotals(partial);
}

/** The sum of a row's terms. */
function storeSum(plan: PointwisePlan, o: i32, i: i32, sum: f64): void {
  const output = plan.output;
  const at = <usize>(o * output.outerStep + i * output.innerStep) * bytesOf(output.dtype);
  write<f64>(output.dtype, output.pointer + at, sum * plan.scale);
}

/** Sum of weight · term over the last run. */
let runSum: f64 = 0;

/** `n` elements from (o, c, i) on; `apart` adds each to its own of SUMS. */
function run(plan: PointwisePlan, o: i32, c: i32, i: i32, n: i32, apart: bool): void {
  if (plan.width == 4 && runOf<f32>(plan, o, c, i, n, apart)) return;
  runOf<f64>(plan, o, c, i, n, apart);
}

/** Step along a run, in elements. */
// @ts-ignore: decorator
@inline
function stepOf(plan: PointwisePlan, operand: Operand): i32 {
  return plan.inner == 1 ? operand.classStep : operand.innerStep;
}

// @ts-ignore: decorator
@inline
function addressOf(operand: Operand, o: i32, c: i32, i: i32): usize {
  const at = o * operand.outerStep + c * operand.classStep + i * operand.innerStep;
  return operand.pointer + <usize>at * bytesOf(operand.dtype);
}

/** An operand's elements as numbers of T side by side: in place, or in a tile; `absent` throughout where there is no operand. */
function numbersOf<T>(
  plan: PointwisePlan,
  operand: Operand | null,
  o: i32,
  c: i32,
  i: i32,
  n: i32,
  to: usize,
  absent: T,
): usize {
  if (operand === null) {
    fill<T>(to, absent, n);
    return to;
  }
  const from = addressOf(operand, o, c, i);
  const step = stepOf(plan, operand);
  if (isNative<T>(operand.dtype) && step == 1) return from;
  readAll<T>(operand.dtype, from, <usize>step * bytesOf(operand.dtype), to, sizeof<T>(), n);
  return to;
}

function runOf<T>(plan: PointwisePlan, o: i32, c: i32, i: i32, n: i32, apart: bool): bool {
  const gradient = plan.gradient;
  const a = numbersOf<T>(plan, plan.a, o, c, i, n, room(A), 0);
  const b = numbersOf<T>(plan, plan.b, o, c, i, n, room(B), 0);
  const output = plan.output;
  const keeps = plan.reduce == REDUCE_NONE;
  const upstream = plan.upstreamNumber * plan.scale;
  if (sizeof<T>() == 4 && plan.term == BINARY_LOGITS && plan.reduce == REDUCE_TOTAL && isPlain(plan)) {
    let to: usize = 0;
    let direct = false;
    if (gradient !== null) {
      direct = isNative<f32>(gradient.dtype) && stepOf(plan, gradient) == 1;
      to = direct ? addressOf(gradient, o, c, i) : room(SLOPE);
    }
    const sum = gradient === null ? binaryLosses(a, b, n) : binaryGradients(a, b, n, to, <f32>upstream);
    if (!(sum - sum == 0 && upstream - upstream == 0)) return false;
    runSum = sum;
    if (gradient !== null && !direct) storeRun<T>(plan, gradient, o, c, i, n, room(SLOPE));
    return true;
  }
  const weight = numbersOf<T>(plan, plan.weight, o, c, i, n, room(WEIGHT), 1);
  const positive = numbersOf<T>(plan, plan.positiveWeight, o, c, i, n, room(POSITIVE), 1);
  if (!evaluate<T>(plan, a, b, weight, positive, n, keeps || apart)) return false;
  if (gradient !== null) {
    const above = numbersOf<T>(plan, plan.upstream, o, c, i, n, room(UPSTREAM), <T>plan.upstreamNumber);
    if (!differentiate<T>(plan, a, b, weight, positive, above, n)) return false;
  }
  if (apart) {
    for (let p = 0; p < n; p++) {
      const sum = room(SUMS) + (<usize>p << 3);
      store<f64>(sum, load<f64>(sum) + <f64>load<T>(room(VALUE) + <usize>p * sizeof<T>()));
    }
  } else if (keeps) {
    const scale = v128.splat<T>(<T>plan.scale);
    for (let at: usize = 0; at < <usize>n * sizeof<T>(); at += 16) {
      v128.store(room(VALUE) + at, v128.mul<T>(v128.load(room(VALUE) + at), scale));
    }
    storeRun<T>(plan, output, o, c, i, n, room(VALUE));
  }
  if (gradient !== null) storeRun<T>(plan, gradient, o, c, i, n, room(SLOPE));
  return true;
}

function storeRun<T>(plan: PointwisePlan, operand: Operand, o: i32, c: i32, i: i32, n: i32, from: usize): void {
  const step = <usize>stepOf(plan, operand) * bytesOf(operand.dtype);
  writeAll<T>(operand.dtype, addressOf(operand, o, c, i), step, from, sizeof<T>(), n);
}

/** Whether elements count alike, and so do their gradients. */
function isPlain(plan: PointwisePlan): bool {
  return plan.weight === null && plan.positiveWeight === null && plan.upstream === null;
}

/** weight · term into VALUE if they are `kept`, their sum into `runSum`; false in f32 where one is not finite. */
function evaluate<T>(plan: PointwisePlan, a: usize, b: usize, weight: usize, positive: usize, n: i32, kept: bool): bool {
  const term = plan.term;
  // One loop for each term: its number is a constant in there.
  if (term == BINARY_LOGITS) return evaluateTerm<T>(BINARY_LOGITS, plan, a, b, weight, positive, n, kept);
  if (term == BINARY_PROBABILITIES) return evaluateTerm<T>(BINARY_PROBABILITIES, plan, a, b, weight, positive, n, kept);
  if (term == SOFT_MARGIN) return evaluateTerm<T>(SOFT_MARGIN, plan, a, b, weight, positive, n, kept);
  if (term == FOCAL_LOGITS) return evaluateTerm<T>(FOCAL_LOGITS, plan, a, b, weight, positive, n, kept);
  if (term == KL) return evaluateTerm<T>(KL, plan, a, b, weight, positive, n, kept);
  if (term == KL_LOG_TARGET) return evaluateTerm<T>(KL_LOG_TARGET, plan, a, b, weight, positive, n, kept);
  if (term == ENTROPY) return evaluateTerm<T>(ENTROPY, plan, a, b, weight, positive, n, kept);
  if (term == DISTRIBUTION_CROSS_ENTROPY) {
    return evaluateTerm<T>(DISTRIBUTION_CROSS_ENTROPY, plan, a, b, weight, positive, n, kept);
  }
  if (term == DISTRIBUTION_KL) return evaluateTerm<T>(DISTRIBUTION_KL, plan, a, b, weight, positive, n, kept);
  if (term == EXP) return evaluateTerm<T>(EXP, plan, a, b, weight, positive, n, kept);
  return evaluateTerm<T>(IDENTITY, plan, a, b, weight, positive, n, kept);
}

// @ts-ignore: decorator
@inline
function evaluateTerm<T>(
  term: i32,
  plan: PointwisePlan,
  a: usize,
  b: usize,
  weight: usize,
  positive: usize,
  n: i32,
  kept: bool,
): bool {
  const end = <usize>n * sizeof<T>();
  let sum = v128.splat<f64>(0);
  let finite = v128.splat<i32>(-1);
  for (let at: usize = 0; at < end; at += 16) {
    const value = valueOf<T>(term, v128.load(a + at), v128.load(b + at), v128.load(positive + at), plan);
    let weighted = v128.mul<T>(v128.load(weight + at), value);
    if (kept) v128.store(room(VALUE) + at, weighted);
    if (end - at < 16) weighted = v128.and(weighted, firstBytes(end - at));
    finite = v128.and(finite, isFinite<T>(weighted));
    if (sizeof<T>() == 4) {
      sum = f64x2.add(sum, f64x2.add(lower(weighted), upper(weighted)));
    } else sum = f64x2.add(sum, weighted);
  }
  runSum = sumOf<f64>(sum);
  return sizeof<T>() == 8 || i32x4.all_true(finite);
}

/** upstream · scale · weight · slope into SLOPE; false in f32 where one is not finite. */
function differentiate<T>(
  plan: PointwisePlan,
  a: usize,
  b: usize,
  weight: usize,
  positive: usize,
  above: usize,
  n: i32,
): bool {
  const term = plan.term;
  if (term == BINARY_LOGITS) return differentiateTerm<T>(BINARY_LOGITS, plan, a, b, weight, positive, above, n);
  if (term == BINARY_PROBABILITIES) {
    return differentiateTerm<T>(BINARY_PROBABILITIES, plan, a, b, weight, positive, above, n);
  }
  if (term == SOFT_MARGIN) return differentiateTerm<T>(SOFT_MARGIN, plan, a, b, weight, positive, above, n);
  if (term == FOCAL_LOGITS) return differentiateTerm<T>(FOCAL_LOGITS, plan, a, b, weight, positive, above, n);
  if (term == KL) return differentiateTerm<T>(KL, plan, a, b, weight, positive, above, n);
  if (term == KL_LOG_TARGET) return differentiateTerm<T>(KL_LOG_TARGET, plan, a, b, weight, positive, above, n);
  return differentiateTerm<T>(IDENTITY, plan, a, b, weight, positive, above, n);
}

// @ts-ignore: decorator
@inline
function differentiateTerm<T>(
  term: i32,
  plan: PointwisePlan,
  a: usize,
  b: usize,
  weight: usize,
  positive: usize,
  above: usize,
  n: i32,
): bool {
  const end = <usize>n * sizeof<T>();
  const scale = v128.splat<T>(<T>plan.scale);
  let finite = v128.splat<i32>(-1);
  for (let at: usize = 0; at < end; at += 16) {
    const by = slopeOf<T>(term, v128.load(a + at), v128.load(b + at), v128.load(positive + at), plan);
    const share = v128.mul<T>(v128.mul<T>(v128.load(above + at), scale), v128.load(weight + at));
    let result = v128.mul<T>(share, by);
    v128.store(room(SLOPE) + at, result);
    if (end - at < 16) result = v128.and(result, firstBytes(end - at));
    finite = v128.and(finite, isFinite<T>(result));
  }
  return sizeof<T>() == 8 || i32x4.all_true(finite);
}

/** Finds the first probability outside [0, 1], by its place among all elements. */
export function checkProbabilities(plan: PointwisePlan, first: i32, end: i32, start: i32, stop: i32, partial: Partial): void {
  partial.badRow = -1;
  const a = plan.a;
  for (let row = first; row < end; row++) {
    const o = plan.inner == 1 ? row : row / plan.inner;
    const i = row - o * plan.inner;
    for (let c = start; c < stop; c++) {
      const value = read<f64>(a.dtype, addressOf(a, o, c, plan.inner == 1 ? 0 : i));
      if (value >= 0 && value <= 1) continue;
      partial.badRow = (<f64>o * plan.classes + c) * plan.inner + (plan.inner == 1 ? 0 : i);
      partial.badValue = value;
      return;
    }
  }
}
