import { isNative } from "./elements";
import { lowestAt, magicAt } from "./functions/exp";
import { Operand, Plan } from "./records";
import {
  expOf,
  maxRun,
  runMax,
  runPeak,
  scaledExps,
  sumExps,
  sumExpsInto,
  sumOthers, sumOthersInto,
  transformRun,
} from "./runs";
import { column, LABEL, LABEL_EXP, LEAD, LOGIT, PEAK, REST, SHIFT, SUM, TILE, tile, TOP } from "./scratch";
import { findRun, loadRows, runBase } from "./tile";

// Rows along their classes, which come in runs: in the row's own memory, or in tile 0 where they have to be converted, transformed
// or gathered; slopes of a transformation are in tile 3.
//
// In f32 exponentials are e^x · 2^-k with one k for a row, so that no maximum is needed before they are added up: the rows before tell
// which k will do, and a row that leaves its window is done again with its own. In f64 they are e^(x − max).

/** Rows of a block: few, for a gradient is written from what the caches still hold; more if classes lie apart, by cache lines. */
const BLOCK = 16;
/** Numbers of a block that stay in the second cache. */
const CACHED = 65536;

/**
 * Where a row's maximum may lie, against k·ln2: high enough that a probability is below 2^-126 if its exponential is, and low enough
 * that their sum does not overflow (`highestOf`).
 */
const LOWEST: f64 = 0;
let highest: f64 = 0;
/** Where it is put when k is chosen. */
const CENTRE: f64 = 30;
/** exp is exact in its argument up to here. */
const FARTHEST: f64 = 2700;
/** Smaller sums may lack terms that were below 2^-126. */
export const SMALLEST_ROW: f32 = 8.271806125530277e-25; // 2^-80

const LN2: f64 = 0.6931471805599453;

/** What is summed: all exponentials but the label's, or all but the largest. */
export const ALL_BUT_LABEL = 1;
export const ALL_BUT_LARGEST = 2;

/** Whether rows are computed in their own memory. */
export let direct: bool = false;
/** Rows of a tile, and numbers of a run. */
export let tileRows: i32 = 0;
export let width: i32 = 0;
/** Whether logits are transformed. */
export let transforms: bool = false;

let source: usize = 0;
let logitScale: f64 = 1;
let softcap: f64 = 0;
/** The k that the last row took. */
let shift: i32 = 0;

/** Begins a chunk of rows; what it gives must not depend on the chunk before. The rows of a block are returned. */
export function beginRuns(plan: Plan, operand: Operand, scale: f64, cap: f64, most: f64): i32 {
  source = changetype<usize>(operand);
  logitScale = scale;
  softcap = cap;
  transforms = scale != 1 || cap != 0;
  shift = 0;
  highest = most;
  return operand.classStep != 1 ? BLOCK : min(BLOCK, max(1, CACHED / max(1, plan.classes)));
}

/** Begins a block of `count` rows as numbers of T. */
export function beginBlock<T>(plan: Plan, count: i32): void {
  const operand = changetype<Operand>(source);
  const neighbours = operand.classStep == 1;
  direct = isNative<T>(operand.dtype) && neighbours && !transforms;
  tileRows = neighbours ? 1 : count;
  width = min(plan.classes, TILE / tileRows);
}

/** Classes `start … start + n − 1` of a tile's rows, if they are not read where they are; with slopes if `sloped`. */
export function loadRuns<T>(plan: Plan, row: i32, start: i32, n: i32, sloped: bool): void {
  if (direct) return;
  loadRows<T>(plan, changetype<Operand>(source), row, tileRows, start, n, tile(0), width);
  if (!transforms) return;
  for (let p = 0; p < tileRows; p++) {
    const at = <usize>(p * width) * sizeof<T>();
    transformRun<T>(tile(0) + at, n, <T>logitScale, <T>softcap, sloped ? tile(3) + at : 0);
  }
}

/** Where the run at hand is, of row `row`, number p of its tile. */
// @ts-ignore: decorator
@inline
export function runAt<T>(plan: Plan, row: i32, p: i32, start: i32): usize {
  if (direct) return rowOf(plan, changetype<Operand>(source), row) + <usize>start * sizeof<T>();
  return tile(0) + <usize>(p * width) * sizeof<T>();
}

/** Address of a row's first class. */
export function rowOf(plan: Plan, operand: Operand, row: i32): usize {
  findRun(plan, operand, row, 1);
  return runBase;
}

/** A number of a column. */
// @ts-ignore: decorator
@inline
export function numberAt<T>(name: usize, p: i32): T {
  return load<T>(column(name) + <usize>p * sizeof<T>());
}

/** See `numberAt`. */
// @ts-ignore: decorator
@inline
export function setNumber<T>(name: usize, p: i32, value: T): void {
  store<T>(column(name) + <usize>p * sizeof<T>(), value);
}

/**
 * LEAD, PEAK and REST of a block's rows, as `what` says, and with labels their exponentials. Exponentials of
 * rows in their own memory stay in `keep`, if that is given. False in f32 where a row does not fit its window whatever k is.
 */
export function reduceRuns<T>(plan: Plan, first: i32, count: i32, what: i32, labelled: bool, keep: Operand | null): bool {
  for (let p = 0; p < count; p += tileRows) {
    if (sizeof<T>() == 8) leads(plan, first, p);
    else for (let q = p; q < p + tileRows; q++) store<i32>(column(SHIFT) + (<usize>q << 2), shift);
    sums<T>(plan, first, p, what, keep);
    if (sizeof<T>() == 4 && !inWindow(p)) {
      sums<T>(plan, first, p, what, keep);
      if (!inWindow(p)) return false;
    }
    for (let q = p; q < p + tileRows; q++) {
      const peak = load<f64>(column(TOP) + (<usize>q << 3));
      const rest = load<f64>(column(SUM) + (<usize>q << 3));
      const lead = numberAt<T>(LEAD, q);
      setNumber<T>(PEAK, q, <T>peak);
      setNumber<T>(REST, q, sizeof<T>() == 8 && !(lead - lead == 0) ? <T>NaN : <T>rest); // no softmax without a maximum
      if (labelled) setNumber<T>(LABEL_EXP, q, expOf<T>(numberAt<T>(LOGIT, q), lowestOf<T>(q), magicOf<T>(q)));
      if (what == ALL_BUT_LABEL) setNumber<T>(LEAD, q, numberAt<T>(LOGIT, q));
    }
  }
  return true;
}

/** What `expOf` and the like are told of row q. */
// @ts-ignore: decorator
@inline
export function lowestOf<T>(q: i32): T {
  return sizeof<T>() == 4 ? <T>lowestAt(load<i32>(column(SHIFT) + (<usize>q << 2))) : numberAt<T>(LEAD, q);
}

/** See `lowestOf`. */
// @ts-ignore: decorator
@inline
export function magicOf<T>(q: i32): T {
  return sizeof<T>() == 4 ? <T>magicAt(load<i32>(column(SHIFT) + (<usize>q << 2))) : 0;
}

/** Exponentials of a run of row q, times a factor, to a tile. */
export function expsOf<T>(x: usize, to: usize, n: i32, q: i32, factor: T): void {
  scaledExps<T>(x, to, n, lowestOf<T>(q), magicOf<T>(q), factor);
}

/** Maxima of rows, in f64. */
function leads(plan: Plan, first: i32, p: i32): void {
  for (let q = p; q < p + tileRows; q++) setNumber<f64>(LEAD, q, -Infinity);
  for (let start = 0; start < plan.classes; start += width) {
    const n = min(width, plan.classes - start);
    loadRuns<f64>(plan, first + p, start, n, false);
    for (let q = p; q < p + tileRows; q++) {
      const most = maxRun<f64>(runAt<f64>(plan, first + q, q - p, start), n);
      const before = numberAt<f64>(LEAD, q);
      if (before < most || most != most) setNumber<f64>(LEAD, q, most);
    }
  }
}

/** Sums of exponentials into SUM, the one that is left out into TOP; in f32 maxima into LEAD. */
function sums<T>(plan: Plan, first: i32, p: i32, what: i32, keep: Operand | null): void {
  for (let q = p; q < p + tileRows; q++) {
    store<f64>(column(SUM) + (<usize>q << 3), 0);
    store<f64>(column(TOP) + (<usize>q << 3), 0);
    if (sizeof<T>() == 4) setNumber<T>(LEAD, q, <T>-Infinity);
  }
  const most = direct ? plan.classes : width;
  for (let start = 0; start < plan.classes; start += most) {
    const n = min(most, plan.classes - start);
    loadRuns<T>(plan, first + p, start, n, false);
    for (let q = p; q < p + tileRows; q++) {
      const x = runAt<T>(plan, first + q, q - p, start);
      const e: usize = keep === null ? 0 : rowOf(plan, keep, first + q);
      addRun<T>(q, x, n, start, what, e);
    }
  }
}

/** A run's part in `sums`. */
function addRun<T>(q: i32, x: usize, n: i32, start: i32, what: i32, e: usize): void {
  const lowest = lowestOf<T>(q);
  const magic = magicOf<T>(q);
  let sum = load<f64>(column(SUM) + (<usize>q << 3));
  let top = load<f64>(column(TOP) + (<usize>q << 3));
  let most: f64;
  const at = load<i32>(column(LABEL) + (<usize>q << 2)) - start;
  if (what == ALL_BUT_LARGEST) {
    sum += e == 0 ? sumOthers<T>(x, n, lowest, magic) : sumOthersInto<T>(x, n, e, lowest, magic);
    sum += min(top, runPeak);
    top = max(top, runPeak);
    most = runMax;
  } else if (what == ALL_BUT_LABEL && at >= 0 && at < n) {
    // The label's place is a hole in the run.
    const logit = numberAt<T>(LOGIT, q);
    const behind = <usize>(at + 1) * sizeof<T>();
    sum += part<T>(x, at, e, lowest, magic);
    most = max(runMax, <f64>logit);
    sum += part<T>(x + behind, n - at - 1, e == 0 ? 0 : e + behind, lowest, magic);
    most = max(most, runMax);
    top = <f64>expOf<T>(logit, lowest, magic);
  } else {
    sum += part<T>(x, n, e, lowest, magic);
    most = runMax;
  }
  store<f64>(column(SUM) + (<usize>q << 3), sum);
  store<f64>(column(TOP) + (<usize>q << 3), top);
  if (sizeof<T>() == 4) setNumber<T>(LEAD, q, <T>max(<f64>numberAt<T>(LEAD, q), most));
}

/** Sum of a part of a run, kept at e if there is one. */
function part<T>(x: usize, n: i32, e: usize, lowest: T, magic: T): f64 {
  return e == 0 ? sumExps<T>(x, n, lowest, magic) : sumExpsInto<T>(x, n, e, lowest, magic);
}

/** Whether the rows of a tile lie in their windows; if not, shifts them so that they do. */
function inWindow(p: i32): bool {
  let fits = true;
  for (let q = p; q < p + tileRows; q++) {
    const most = <f64>numberAt<f32>(LEAD, q);
    const k = load<i32>(column(SHIFT) + (<usize>q << 2));
    const gap = most - <f64>k * LN2;
    if (gap >= LOWEST && gap <= highest) {
      shift = k;
      continue;
    }
    if (!(abs(most) <= FARTHEST)) return false;
    store<i32>(column(SHIFT) + (<usize>q << 2), <i32>nearest((most - CENTRE) / LN2));
    fits = false;
  }
  return fits;
}
