import { bytesOf, fill, isNative, readAll } from "./elements";
import { beginLabels, isByLabel, labelBlock } from "./label-block";
import { isFinite, lanes, SUMMED } from "./lanes";
import {
  reducePlanes,
  reducePlanesInto,
  scalePlanes,
  slopePlanes,
  SMALLEST_PLANE,
  spreadPlanes,
  targetPlanes,
} from "./planes";
import { arePlanes, findPlanes, planesAt, planesStep } from "./planes-of";
import { CrossEntropyPlan } from "./records";
import { addLosses, beginRows, divisorOf, finishRows, gatherLogits, saturates, slopesAtLabels } from "./row-formula";
import { gatherExponentials, reportPlanes } from "./row-report";
import { chainRun, transformRun } from "./runs";
import {
  AT_LABEL,
  CLASS_WEIGHTS,
  column,
  EXTRA,
  FACTOR,
  LABEL,
  LEAD,
  LOGIT,
  LOSS,
  MAX_ROWS,
  PEAK,
  PULL,
  PUSH,
  REST,
  SHARE,
  TILE,
  tile,
  UPSTREAM,
  WEIGHT,
} from "./scratch";
import { loadPlanes, storeColumn, storePlanes } from "./tile";
import { addToTotal } from "./totals";
import { denseIsUnit, denseSum, walkDense, walkDenseBack } from "./walk-dense";

// Cross entropy across rows. Tiles: 0 logits, 1 exponentials and then gradients, 2 target probabilities, 3 target gradients, slopes
// of transformed logits, and what loads and stores need in between.

export function crossEntropyPlanes(plan: CrossEntropyPlan, first: i32, end: i32, wide: bool): void {
  const most = min(MAX_ROWS, ((wide ? TILE : 2 * TILE) / plan.classes) & ~15);
  const labels = isByLabel(plan);
  let plain = isPlainDense(plan);
  beginLabels(plan);
  for (let row = first; row < end; row += most) {
    const count = min(most, end - row);
    if (!wide) {
      if (plain) {
        if (walk(plan, row, count)) continue;
        plain = denseIsUnit; // if it is the masses, the other blocks will have such too
      }
      if (labels ? labelBlock(plan, row, count) : block<f32>(plan, row, count)) continue;
    }
    // f64 takes up twice the room.
    const half = min(MAX_ROWS, (TILE / plan.classes) & ~15);
    for (let p = 0; p < count; p += half) block<f64>(plan, row + p, min(half, count - p));
  }
}

/** Whether totals are all that is wanted, of rows with probabilities that count alike, and gradients somewhere else than the logits. */
function isPlainDense(plan: CrossEntropyPlan): bool {
  const gradient = plan.gradient;
  const alike = plan.weight === null && plan.rowWeight === null && plan.upstream === null;
  const here = plan.hot == 1 && plan.base == 0 && plan.zLoss == 0 && plan.logitScale == 1 && plan.softcap == 0;
  if (gradient !== null && gradient.pointer == plan.logits.pointer) return false;
  if (plan.classes > SUMMED) return false;
  return alike && here && plan.reduce != 0 && plan.index == 0 && plan.max === null && plan.targetGradient === null;
}

/** A block of such rows that lie in planes; false, with nothing added, where it has to go the other way. */
function walk(plan: CrossEntropyPlan, first: i32, count: i32): bool {
  const classes = plan.classes;
  const gradient = plan.gradient;
  if ((count & 7) != 0 || !arePlanes<f32>(plan, plan.logits, first, count)) return false;
  const x = planesAt;
  const step = planesStep;
  if (!arePlanes<f32>(plan, plan.target, first, count)) return false;
  const t = planesAt;
  const tStep = planesStep;
  if (gradient === null) {
    if (!walkDense(x, step, t, tStep, classes, count)) return false;
  } else {
    const scale = <f32>(plan.upstreamNumber / divisorOf(plan));
    if (!(scale - scale == 0) || !arePlanes<f32>(plan, gradient, first, count)) return false;
    if (!walkDenseBack(x, step, t, tStep, classes, count, planesAt, planesStep, scale)) return false;
  }
  addToTotal(denseSum);
  return true;
}

/** A block of rows; false if it has to be done again in f64, before anything was written. */
function block<T>(plan: CrossEntropyPlan, first: i32, count: i32): bool {
  const classes = plan.classes;
  const padded = (count + 3) & ~3;
  const vectors = padded / lanes<T>();
  const pitch = <usize>padded * sizeof<T>();
  const transforms = plan.logitScale != 1 || plan.softcap != 0;
  const gradient = plan.gradient;
  const reports = plan.max !== null;
  const index = plan.index != 0;
  beginRows<T>(plan, first, count, padded);

  findPlanes<T>(plan, plan.logits, first, count, padded, tile(0), !transforms);
  const x = planesAt;
  const step = planesStep;
  if (index) gatherLogits<T>(plan, plan.logits, first, count, padded);
  if (transforms) {
    transformRun<T>(x, classes * padded, <T>plan.logitScale, <T>plan.softcap, 0);
    if (index) transformRun<T>(column(LOGIT), padded, <T>plan.logitScale, <T>plan.softcap, 0);
  }
  const keeps = gradient !== null || reports;
  if (plan.normalized) {
    fill<T>(column(LEAD), 0, padded);
    fill<T>(column(REST), 0, padded);
  } else if (keeps) reducePlanesInto<T>(x, step, classes, vectors, tile(1), pitch);
  else reducePlanes<T>(x, step, classes, vectors, tile(1));
  fill<T>(column(PEAK), 1, padded);
  if (sizeof<T>() == 8 && !plan.normalized) withoutLead(padded);

  let t: usize = 0;
  let tStep: usize = 0;
  if (!index) {
    findPlanes<T>(plan, plan.target, first, count, padded, tile(2), true);
    t = planesAt;
    tStep = planesStep;
  }
  const spreads = !index || plan.base != 0;
  const weights = spreads || plan.targetGradient !== null ? classWeights<T>(plan) : 0;
  const hot = <T>plan.hot;
  const base = <T>plan.base;
  if (spreads)
    spreadPlanes<T>(x, step, classes, vectors, t, tStep, weights, hot, base, saturates(plan), plan.strict != 0);

  // From here on nothing fails.
  if (!finishRows<T>(plan, padded, sizeof<T>() == 4 ? <T>SMALLEST_PLANE : 0)) return false;
  const targetGradient = plan.targetGradient;
  if (targetGradient !== null) {
    const finite = targetPlanes<T>(plan, x, step, classes, padded, weights, tile(3));
    if (sizeof<T>() == 4 && !finite) return false;
    storePlanes<T>(plan, targetGradient, first, count, 0, classes, tile(3), padded);
  }
  if (plan.reduce) addLosses<T>(plan, count, padded);
  else storeColumn<T>(plan, plan.loss, first, count, column(LOSS));
  if (reports) reportPlanes<T>(plan, first, count, padded, x, step, tile(1), pitch, t, tStep);
  if (gradient === null) return true;

  // The gradient, in the place of the exponentials or where it belongs.
  let out = tile(1);
  let outStep = pitch;
  const direct = sizeof<T>() == 4 && !transforms && arePlanes<T>(plan, gradient, first, count);
  if (direct) {
    out = planesAt;
    outStep = planesStep;
  }
  if (index) gatherExponentials<T>(tile(1), pitch, padded);
  if (plan.normalized) for (let c = 0; c < classes; c++) fill<T>(out + <usize>c * outStep, 0, padded);
  else if (spreads) slopePlanes<T>(tile(1), pitch, classes, vectors, t, tStep, weights, hot, base, out, outStep);
  else {
    setFactors<T>(padded);
    scalePlanes<T>(tile(1), pitch, classes, vectors, column(FACTOR), out, outStep);
  }
  if (index) {
    slopesAtLabels<T>(plan, padded);
    scatter<T>(out, outStep, count);
  }
  if (transforms) {
    loadPlanes<T>(plan, plan.logits, first, count, 0, classes, tile(0), padded);
    transformRun<T>(tile(0), classes * padded, <T>plan.logitScale, <T>plan.softcap, tile(3));
    chainRun<T>(out, tile(3), classes * padded);
  }
  if (sizeof<T>() == 8) cornersOfPlanes(plan, count, out, outStep, t, tStep, weights);
  if (!direct) storePlanes<T>(plan, gradient, first, count, 0, classes, out, padded);
  return true;
}

/** Rows whose maximum is not finite have no softmax. */
function withoutLead(padded: i32): void {
  for (let at: usize = 0; at < (<usize>padded) << 3; at += 16) {
    const finite = isFinite<f64>(v128.load(column(LEAD) + at));
    const rest = v128.load(column(REST) + at);
    v128.store(column(REST) + at, v128.or(rest, v128.andnot(v128.splat<f64>(NaN), finite)));
  }
}

/** Class weights as numbers of T side by side; 0 for none. */
function classWeights<T>(plan: CrossEntropyPlan): usize {
  const weight = plan.weight;
  if (weight === null) return 0;
  const bytes = bytesOf(weight.dtype);
  if (isNative<T>(weight.dtype) && weight.classStep == 1) return weight.pointer;
  const to = column(CLASS_WEIGHTS);
  readAll<T>(weight.dtype, weight.pointer, <usize>weight.classStep * bytes, to, sizeof<T>(), plan.classes);
  return to;
}

/** What exponentials are multiplied by where no mass is spread. */
function setFactors<T>(padded: i32): void {
  for (let at: usize = 0; at < <usize>padded * sizeof<T>(); at += 16) {
    const pull = v128.add<T>(v128.load(column(PULL) + at), v128.load(column(EXTRA) + at));
    v128.store(column(FACTOR) + at, v128.mul<T>(pull, v128.load(column(SHARE) + at)));
  }
}

/** Writes the gradients at the labels. */
function scatter<T>(out: usize, outStep: usize, count: i32): void {
  for (let p = 0; p < count; p++) {
    const at = <usize>p * sizeof<T>();
    const label = <usize>load<i32>(column(LABEL) + ((<usize>p) << 2));
    store<T>(out + label * outStep + at, load<T>(column(AT_LABEL) + at));
  }
}

/** The gradient of rows that are left out, and PyTorch's at a divisor of 0. */
function cornersOfPlanes(
  plan: CrossEntropyPlan,
  count: i32,
  out: usize,
  outStep: usize,
  t: usize,
  tStep: usize,
  weights: usize,
): void {
  const classes = plan.classes;
  for (let p = 0; p < count; p++) {
    const at = (<usize>p) << 3;
    const strict = plan.strict != 0;
    if (load<f64>(column(WEIGHT) + at) == 0) {
      const rest = load<f64>(column(REST) + at);
      const blank = strict && rest != rest && !plan.normalized ? NaN : 0; // PyTorch: 0 · softmax(row)
      for (let c = 0; c < classes; c++) store<f64>(out + <usize>c * outStep + at, blank);
      continue;
    }
    const scale = load<f64>(column(UPSTREAM) + at) * load<f64>(column(WEIGHT) + at);
    if (!strict || scale - scale == 0 || plan.normalized) continue;
    // PyTorch adds up the sides of the gradient after dividing them: ∞ − ∞ where mass is, or 0/0.
    const label = plan.index ? load<i32>(column(LABEL) + ((<usize>p) << 2)) : -1;
    const all = label >= 0 && load<f64>(column(PUSH) + at) == 0;
    for (let c = 0; c < classes; c++) {
      const probability = t == 0 ? 0 : load<f64>(t + <usize>c * tStep + at);
      const w = weights == 0 ? 1 : load<f64>(weights + ((<usize>c) << 3));
      const mass = t == 0 && plan.base == 0 ? 0 : w * (plan.hot * probability + plan.base);
      if (all || mass != 0 || label == c) store<f64>(out + <usize>c * outStep + at, NaN);
    }
  }
}
