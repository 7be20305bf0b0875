import { FILTER_CLASSES } from "../src/codes";
import { fill, write } from "./elements";
import { exp } from "./functions/exp";
import { lanes, maxOf, sumOf } from "./lanes";
import { LinearPlan, Operand } from "./records";
import { maxRun, transformRun } from "./runs";
import { tile } from "./scratch";

// The gradient filter of the linear layer [Cut Your Losses in Large-Vocabulary Language Models, arXiv 2411.09009]: of each row
// it leaves out spans of classes all of whose probabilities p_j = exp(x_j − max) / z are below a bound, but for the span of the label.
// 1: the row's maximum. 2: z. 3: spans whose largest p_j is below the bound, and what their p_j add up to. Sums go on in f64.

/** The sum and the largest of a span's exponentials. */
let spanSum: f64 = 0;
let spanLargest: f64 = 0;

/** Which spans of rows `first … end − 1` of the block are left out. */
export function filter<T>(plan: LinearPlan, first: i32, end: i32): void {
  const transforms = plan.logitScale != 1 || plan.softcap != 0;
  for (let p = first; p < end; p++) {
    const row = plan.logits + <usize>p * <usize>plan.pitch * sizeof<T>();
    const skips = plan.skips + <usize>p * <usize>plan.spans;
    const label = load<i32>(plan.labels + (<usize>(plan.blockFirst + p) << 2)) / FILTER_CLASSES;
    let most: T = <T>-Infinity;
    for (let k = 0; k < plan.spans; k++) {
      const here = maxRun<T>(spanAt<T>(plan, row, k, transforms), sizeOf(plan, k));
      if (most < here) most = here;
    }
    let z: f64 = 0;
    for (let k = 0; k < plan.spans; k++) {
      exponentials<T>(spanAt<T>(plan, row, k, transforms), sizeOf(plan, k), most);
      z += spanSum; // NaN if there is one, or no maximum to subtract: then nothing is below the bound
    }
    const least = plan.filterBound * z;
    let mass: f64 = 0;
    for (let k = 0; k < plan.spans; k++) {
      let skip = false;
      if (k != label) {
        exponentials<T>(spanAt<T>(plan, row, k, transforms), sizeOf(plan, k), most);
        skip = spanLargest < least;
        if (skip) mass += spanSum / z;
      }
      store<u8>(skips + <usize>k, skip ? 1 : 0);
    }
    store<f64>(plan.masses + (<usize>(plan.blockFirst + p) << 3), mass);
  }
}

/** Classes of a span. */
// @ts-ignore: decorator
@inline
function sizeOf(plan: LinearPlan, span: i32): i32 {
  return min(FILTER_CLASSES, plan.classes - span * FILTER_CLASSES);
}

/** Where a row's span is, once it is transformed. */
// @ts-ignore: decorator
@inline
function spanAt<T>(plan: LinearPlan, row: usize, span: i32, transforms: bool): usize {
  const at = row + <usize>(span * FILTER_CLASSES) * sizeof<T>();
  if (!transforms) return at;
  const n = sizeOf(plan, span);
  memory.copy(tile(0), at, <usize>n * sizeof<T>());
  transformRun<T>(tile(0), n, <T>plan.logitScale, <T>plan.softcap, 0);
  return tile(0);
}

/** Exponentials of n numbers less the maximum. */
function exponentials<T>(x: usize, n: i32, most: T): void {
  const L = lanes<T>();
  const lead = v128.splat<T>(most);
  let sum = v128.splat<T>(0);
  let largest = sum;
  let i = 0;
  for (; i + L <= n; i += L) {
    const e = exp<T>(v128.sub<T>(v128.load(x), lead));
    sum = v128.add<T>(sum, e);
    largest = v128.pmax<T>(largest, e);
    x += 16;
  }
  spanSum = sumOf<T>(sum);
  spanLargest = <f64>maxOf<T>(largest);
  for (; i < n; i++) {
    const e = <f64>v128.extract_lane<T>(exp<T>(v128.splat<T>(load<T>(x) - most)), 0);
    spanSum += e;
    spanLargest = max(spanLargest, e);
    x += sizeof<T>();
  }
}

/** Sets gradients to 0 in the spans that are left out of rows `first … end − 1`. */
export function clear<T>(plan: LinearPlan, first: i32, end: i32): void {
  for (let p = first; p < end; p++) {
    const row = plan.logits + <usize>p * <usize>plan.pitch * sizeof<T>();
    const skips = plan.skips + <usize>p * <usize>plan.spans;
    for (let k = 0; k < plan.spans; k++) {
      if (load<u8>(skips + <usize>k) == 0) continue;
      fill<T>(row + <usize>(k * FILTER_CLASSES) * sizeof<T>(), 0, sizeOf(plan, k));
    }
  }
}

/** Whether a span is left out of all of rows `p … end − 1`. */
export function isSkipped(plan: LinearPlan, p: i32, end: i32, span: i32): bool {
  let at = plan.skips + <usize>p * <usize>plan.spans + <usize>span;
  for (; p < end; p++) {
    if (load<u8>(at) == 0) return false;
    at += <usize>plan.spans;
  }
  return true;
}

/** What was left out of all rows that count, in their order. */
export function sumDiscarded(plan: LinearPlan): void {
  const discarded = plan.discarded as Operand;
  const count = load<i32>(plan.counter);
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) sum += load<f64>(plan.masses + (<usize>i << 3));
  write<f64>(discarded.dtype, discarded.pointer, sum);
}
