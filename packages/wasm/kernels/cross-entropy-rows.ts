import { bytesOf, fill, isNative, readAll } from "./elements";
import { CrossEntropyPlan, Operand } from "./records";
import { addLosses, beginRows, finishRows, gatherLogits, highestOf, saturates, slopesAtLabels } from "./row-formula";
import { reportRun, storeReport } from "./row-report";
import {
  ALL_BUT_LABEL,
  ALL_BUT_LARGEST,
  beginBlock,
  beginRuns,
  direct,
  expsOf,
  loadRuns,
  lowestOf,
  magicOf,
  numberAt,
  reduceRuns,
  rowOf,
  runAt,
  setNumber,
  SMALLEST_ROW,
  tileRows,
  transforms,
  width,
} from "./rows";
import { chainRun, expOf, runGap, runMass, scaleRun, slopeRun, spreadRun, targetRun, transformRun } from "./runs";
import {
  AT_LABEL,
  column,
  ENTROPY,
  EXTRA,
  GAP,
  LABEL,
  LABEL_EXP,
  LEAD,
  LOG_Z,
  LOGIT,
  LOSS,
  MASS,
  PEAK,
  PREDICTED,
  PULL,
  PUSH,
  RANK,
  REST,
  SHARE,
  SPARE,
  tile,
  UPSTREAM,
  WEIGHT,
} from "./scratch";
import { loadRows, storeColumn, storeRows } from "./tile";

// Cross entropy along rows. Tiles: 0 logits, 1 exponentials and gradients, 2 target probabilities, 3 slopes, 4 class weights.

export function crossEntropyRows(plan: CrossEntropyPlan, first: i32, end: i32, wide: bool): void {
  const most = beginRuns(plan, plan.logits, plan.logitScale, plan.softcap, highestOf(plan));
  for (let row = first; row < end; row += most) {
    const count = min(most, end - row);
    if (!wide && block<f32>(plan, row, count)) continue;
    block<f64>(plan, row, count);
  }
}

/** A block of rows; false if it has to be done again in f64, before anything was written that is not written then. */
function block<T>(plan: CrossEntropyPlan, first: i32, count: i32): bool {
  const padded = (count + 3) & ~3;
  const index = plan.index != 0;
  const gradient = plan.gradient;
  beginBlock<T>(plan, count);
  beginRows<T>(plan, first, count, padded);
  if (index) {
    gatherLogits<T>(plan, plan.logits, first, count, padded);
    if (transforms) transformRun<T>(column(LOGIT), padded, <T>plan.logitScale, <T>plan.softcap, 0);
  }
  // Against the label nothing has to be left out of the sum but the label itself.
  const ordinary = index && plan.base == 0 && plan.max === null && plan.zLoss == 0 && plan.normalized == 0;
  const byLabel = sizeof<T>() == 4 && ordinary;
  // Exponentials stay where the gradient will be, if they can.
  const keep: Operand | null = byLabel && direct && canKeep(plan) ? gradient : null;
  if (plan.normalized) {
    fill<T>(column(LEAD), 0, padded);
    fill<T>(column(PEAK), 1, padded);
    fill<T>(column(REST), 0, padded);
  } else if (!reduceRuns<T>(plan, first, count, byLabel ? ALL_BUT_LABEL : ALL_BUT_LARGEST, index, keep)) return false;

  const spreads = !index || plan.base != 0;
  if (spreads) spread<T>(plan, first, count);
  if (!finishRows<T>(plan, padded, sizeof<T>() == 4 ? <T>SMALLEST_ROW : 0)) return false;
  if (plan.targetGradient !== null && !targetGradients<T>(plan, first, count)) return false;
  if (plan.reduce) addLosses<T>(plan, count, padded);
  else storeColumn<T>(plan, plan.loss, first, count, column(LOSS));
  if (plan.max !== null) report<T>(plan, first, count, padded);
  if (gradient === null) return true;
  if (index) slopesAtLabels<T>(plan, padded);
  if (keep !== null) scaleKept<T>(plan, keep, first, count);
  else gradients<T>(plan, gradient, first, count, spreads);
  return true;
}

/** Whether a gradient's memory can hold exponentials in the meantime: as they are, and not in place of the logits. */
function canKeep(plan: CrossEntropyPlan): bool {
  const gradient = plan.gradient;
  if (gradient === null) return false;
  return isNative<f32>(gradient.dtype) && gradient.classStep == 1 && gradient.pointer != plan.logits.pointer;
}

/** The gradient of index targets, from exponentials that are in its place. */
function scaleKept<T>(plan: CrossEntropyPlan, keep: Operand, first: i32, count: i32): void {
  for (let p = 0; p < count; p++) {
    const row = rowOf(plan, keep, first + p);
    const label = <usize>load<i32>(column(LABEL) + ((<usize>p) << 2));
    scaleRun<T>(row, row, plan.classes, (numberAt<T>(PULL, p) + numberAt<T>(EXTRA, p)) * numberAt<T>(SHARE, p));
    store<T>(row + label * sizeof<T>(), numberAt<T>(AT_LABEL, p));
  }
}

/** Brings probabilities of a run to tile 2, unless they can be read in place. */
function loadTarget<T>(plan: CrossEntropyPlan, first: i32, p: i32, start: i32, n: i32): void {
  if (plan.index || targetIsDirect<T>(plan)) return;
  loadRows<T>(plan, plan.target, first + p, tileRows, start, n, tile(2), width);
}

function targetIsDirect<T>(plan: CrossEntropyPlan): bool {
  return isNative<T>(plan.target.dtype) && plan.target.classStep == 1;
}

/** Where a row's probabilities of the run at hand are; 0 for class indices. */
function targetAt<T>(plan: CrossEntropyPlan, first: i32, p: i32, q: i32, start: i32): usize {
  if (plan.index) return 0;
  if (targetIsDirect<T>(plan)) return rowOf(plan, plan.target, first + q) + <usize>start * sizeof<T>();
  return tile(2) + <usize>((q - p) * width) * sizeof<T>();
}

/** Class weights of a run as numbers of T side by side; 0 for none. */
function weightsAt<T>(plan: CrossEntropyPlan, start: i32, n: i32): usize {
  const weight = plan.weight;
  if (weight === null) return 0;
  const bytes = bytesOf(weight.dtype);
  const step = <usize>weight.classStep * bytes;
  const from = weight.pointer + <usize>start * step;
  if (isNative<T>(weight.dtype) && weight.classStep == 1) return from;
  readAll<T>(weight.dtype, from, step, tile(4), sizeof<T>(), n);
  return tile(4);
}

/** Spread mass and its gaps. */
function spread<T>(plan: CrossEntropyPlan, first: i32, count: i32): void {
  const narrow = saturates(plan);
  for (let p = 0; p < count; p += tileRows) {
    for (let start = 0; start < plan.classes; start += width) {
      const n = min(width, plan.classes - start);
      loadRuns<T>(plan, first + p, start, n, false);
      loadTarget<T>(plan, first, p, start, n);
      const weights = weightsAt<T>(plan, start, n);
      for (let q = p; q < p + tileRows; q++) {
        const x = runAt<T>(plan, first + q, q - p, start);
        const t = targetAt<T>(plan, first, p, q, start);
        const lead = numberAt<T>(LEAD, q);
        const from = lead - lead == 0 ? lead : 0;
        spreadRun<T>(x, n, t, weights, <T>plan.hot, <T>plan.base, from, narrow, plan.strict != 0);
        setNumber<T>(MASS, q, numberAt<T>(MASS, q) + <T>runMass);
        setNumber<T>(GAP, q, numberAt<T>(GAP, q) + <T>runGap);
      }
    }
  }
}

/** Gradients with respect to probabilities; false in f32 where one is not finite. */
function targetGradients<T>(plan: CrossEntropyPlan, first: i32, count: i32): bool {
  const narrow = saturates(plan);
  const to = plan.targetGradient as Operand;
  for (let p = 0; p < count; p += tileRows) {
    for (let start = 0; start < plan.classes; start += width) {
      const n = min(width, plan.classes - start);
      loadRuns<T>(plan, first + p, start, n, false);
      const weights = weightsAt<T>(plan, start, n);
      for (let q = p; q < p + tileRows; q++) {
        const x = runAt<T>(plan, first + q, q - p, start);
        const out = tile(1) + <usize>((q - p) * width) * sizeof<T>();
        const weight = numberAt<T>(WEIGHT, q);
        if (weight == 0) {
          fill<T>(out, 0, n);
          continue;
        }
        const lead = numberAt<T>(LEAD, q);
        const scale = numberAt<T>(UPSTREAM, q) * weight;
        const finite = targetRun<T>(
          x,
          n,
          weights,
          <T>plan.hot,
          lead,
          numberAt<T>(LOG_Z, q),
          scale,
          narrow,
          plan.strict != 0,
          out,
        );
        if (sizeof<T>() == 4 && !finite) return false;
      }
      storeRows<T>(plan, to, first + p, tileRows, start, n, tile(1), width);
    }
  }
  return true;
}

/** Statistics, from another look at the rows. */
function report<T>(plan: CrossEntropyPlan, first: i32, count: i32, padded: i32): void {
  if (!plan.index) largestTargets<T>(plan, first, count);
  fill<T>(column(ENTROPY), 0, padded);
  fill<T>(column(RANK), 1, padded);
  fill<T>(column(PREDICTED), -1, padded);
  for (let p = 0; p < count; p += tileRows) {
    for (let start = 0; start < plan.classes; start += width) {
      const n = min(width, plan.classes - start);
      loadRuns<T>(plan, first + p, start, n, false);
      for (let q = p; q < p + tileRows; q++) {
        const x = runAt<T>(plan, first + q, q - p, start);
        reportRun<T>(q, x, n, start, lowestOf<T>(q), magicOf<T>(q));
      }
    }
  }
  for (let q = 0; q < count; q++) {
    setNumber<T>(LABEL_EXP, q, expOf<T>(numberAt<T>(LOGIT, q), lowestOf<T>(q), magicOf<T>(q)));
  }
  storeReport<T>(plan, first, count, padded);
}

/** The first largest probability of each row stands in for the label. */
function largestTargets<T>(plan: CrossEntropyPlan, first: i32, count: i32): void {
  for (let p = 0; p < count; p += tileRows) {
    for (let q = p; q < p + tileRows; q++) setNumber<T>(SPARE, q, <T>-Infinity);
    for (let start = 0; start < plan.classes; start += width) {
      const n = min(width, plan.classes - start);
      loadRuns<T>(plan, first + p, start, n, false);
      loadTarget<T>(plan, first, p, start, n);
      for (let q = p; q < p + tileRows; q++) {
        const x = runAt<T>(plan, first + q, q - p, start);
        const t = targetAt<T>(plan, first, p, q, start);
        for (let c = 0; c < n; c++) {
          const probability = load<T>(t + <usize>c * sizeof<T>());
          if (!(probability > numberAt<T>(SPARE, q))) continue;
          setNumber<T>(SPARE, q, probability);
          store<i32>(column(LABEL) + ((<usize>q) << 2), start + c);
          setNumber<T>(LOGIT, q, load<T>(x + <usize>c * sizeof<T>()));
        }
      }
    }
  }
}

/** The gradient, from exponentials computed again. */
function gradients<T>(plan: CrossEntropyPlan, gradient: Operand, first: i32, count: i32, spreads: bool): void {
  const sloped = transforms;
  for (let p = 0; p < count; p += tileRows) {
    for (let start = 0; start < plan.classes; start += width) {
      const n = min(width, plan.classes - start);
      loadRuns<T>(plan, first + p, start, n, sloped);
      loadTarget<T>(plan, first, p, start, n);
      const weights = weightsAt<T>(plan, start, n);
      for (let q = p; q < p + tileRows; q++) {
        const x = runAt<T>(plan, first + q, q - p, start);
        const out = tile(1) + <usize>((q - p) * width) * sizeof<T>();
        const t = targetAt<T>(plan, first, p, q, start);
        const pull = numberAt<T>(PULL, q);
        const extra = numberAt<T>(EXTRA, q);
        const share = numberAt<T>(SHARE, q);
        if (plan.normalized) fill<T>(out, 0, n);
        else if (spreads) {
          expsOf<T>(x, out, n, q, 1);
          const peak = numberAt<T>(PEAK, q);
          const rest = numberAt<T>(REST, q);
          slopeRun<T>(out, n, t, weights, <T>plan.hot, <T>plan.base, pull, extra, peak, rest, share, out);
        } else expsOf<T>(x, out, n, q, (pull + extra) * share);
        if (plan.index) {
          const at = load<i32>(column(LABEL) + ((<usize>q) << 2)) - start;
          if (at >= 0 && at < n) store<T>(out + <usize>at * sizeof<T>(), numberAt<T>(AT_LABEL, q));
        }
        if (sizeof<T>() == 8) corners(plan, q, start, n, out, t, weights);
        if (sloped) chainRun<T>(out, tile(3) + <usize>((q - p) * width) * sizeof<T>(), n);
      }
      storeRows<T>(plan, gradient, first + p, tileRows, start, n, tile(1), width);
    }
  }
}

/** A run of the gradient of a row that is left out, or PyTorch's at a divisor of 0. */
function corners(plan: CrossEntropyPlan, q: i32, start: i32, n: i32, out: usize, t: usize, weights: usize): void {
  const strict = plan.strict != 0;
  const weight = numberAt<f64>(WEIGHT, q);
  if (weight == 0) {
    const rest = numberAt<f64>(REST, q);
    fill<f64>(out, strict && rest != rest && !plan.normalized ? NaN : 0, n); // PyTorch: 0 · softmax(row)
    return;
  }
  const scale = numberAt<f64>(UPSTREAM, q) * weight;
  if (!strict || scale - scale == 0 || plan.normalized) return;
  // PyTorch adds up the sides of the gradient after dividing them: ∞ − ∞ where mass is, or 0/0.
  const label = plan.index ? load<i32>(column(LABEL) + ((<usize>q) << 2)) : -1;
  const all = label >= 0 && numberAt<f64>(PUSH, q) == 0;
  for (let c = 0; c < n; c++) {
    const at = (<usize>c) << 3;
    const probability = t == 0 ? 0 : load<f64>(t + at);
    const w = weights == 0 ? 1 : load<f64>(weights + at);
    const mass = t == 0 && plan.base == 0 ? 0 : w * (plan.hot * probability + plan.base);
    if (all || mass != 0 || label == start + c) store<f64>(out + at, NaN);
  }
}
