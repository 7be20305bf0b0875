import { FILTER_CLASSES } from "../src/codes";
import { fill, write } from "./elements";
import { lowestAt, magicAt } from "./functions/exp";
import { lanes } from "./lanes";
import { LinearPlan, Operand } from "./records";
import { expOf, maxRun, sumExps, transformRun } from "./runs";
import { tile } from "./scratch";

// The gradient filter of the linear layer [Cut Your Losses in Large-Vocabulary Language Models, arXiv 2411.09009]: of each row
// it leaves out spans of classes all of whose probabilities p_j = exp(x_j − max) / z are below a bound, but for the span of the label.
// 1: the row's maximum. 2: z. 3: spans whose largest p_j is below the bound, and what their p_j add up to. Sums go on in f64.

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
    // NaN if there is one, or no maximum to subtract: then nothing is below the bound.
    for (let k = 0; k < plan.spans; k++) z += sumOf<T>(spanAt<T>(plan, row, k, transforms), sizeOf(plan, k), most);
    const least = plan.filterBound * z;
    let mass: f64 = 0;
    for (let k = 0; k < plan.spans; k++) {
      let skip = false;
      if (k != label) {
        const n = sizeOf(plan, k);
        const span = spanAt<T>(plan, row, k, transforms);
        skip = expLess<T>(maxRun<T>(span, n), most) < least;
        if (skip) mass += sumOf<T>(span, n, most) / z;
      }
      store<u8>(skips + <usize>k, skip ? 1 : 0);
    }
    store<f64>(plan.masses + (<usize>(plan.blockFirst + p) << 3), mass);
  }
}

/** Classes of a span. */
function sizeOf(plan: LinearPlan, span: i32): i32 {
  return min(FILTER_CLASSES, plan.classes - span * FILTER_CLASSES);
}

/** Where a row's span is, once it is transformed. */
function spanAt<T>(plan: LinearPlan, row: usize, span: i32, transforms: bool): usize {
  const at = row + <usize>(span * FILTER_CLASSES) * sizeof<T>();
  if (!transforms) return at;
  const n = sizeOf(plan, span);
  memory.copy(tile(0), at, <usize>n * sizeof<T>());
  transformRun<T>(tile(0), n, <T>plan.logitScale, <T>plan.softcap, 0);
  return tile(0);
}

/** Sum of exp(x − most) of n numbers. */
function sumOf<T>(x: usize, n: i32, most: T): f64 {
  if (sizeof<T>() == 8) return sumExps<T>(x, n, most, 0);
  // In f32 `sumExps` subtracts nothing.
  const lead = v128.splat<T>(most);
  for (let i = 0; i < n; i += lanes<T>()) {
    const at = <usize>i * sizeof<T>();
    v128.store(tile(1) + at, v128.sub<T>(v128.load(x + at), lead));
  }
  return sumExps<T>(tile(1), n, <T>lowestAt(0), <T>magicAt(0));
}

/** exp(x − most). */
function expLess<T>(x: T, most: T): f64 {
  if (sizeof<T>() == 8) return <f64>expOf<T>(x, most, 0);
  return <f64>expOf<T>(x - most, <T>lowestAt(0), <T>magicAt(0));
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
