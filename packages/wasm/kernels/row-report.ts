import { spreadGap } from "./formula";
import { choose, ones } from "./lanes";
import { CrossEntropyPlan } from "./records";
import { countRun, findRun, gapRun } from "./report-runs";
import {
  column,
  ENTROPY,
  LABEL,
  LABEL_EXP,
  LEAD,
  LOG_Z,
  LOGIT,
  PEAK,
  PREDICTED,
  RANK,
  REST,
  WEIGHT,
} from "./scratch";
import { storeColumn } from "./tile";

// What an evaluation wants to know besides the loss, from a second look at rows whose lead is their maximum.

/** Σ e·(lead − x), the rank of the label and the first largest class, of rows in planes; then writes all statistics. */
export function reportPlanes<T>(
  plan: CrossEntropyPlan,
  first: i32,
  count: i32,
  padded: i32,
  x: usize,
  step: usize,
  e: usize,
  eStep: usize,
  t: usize,
  tStep: usize,
): void {
  const classes = plan.classes;
  if (t != 0) largestTargets<T>(padded, classes, x, step, t, tStep);
  const zero = v128.splat<T>(0);
  const one = ones<T>();
  for (let at: usize = 0; at < <usize>padded * sizeof<T>(); at += 16) {
    const lead = v128.load(column(LEAD) + at);
    const logit = v128.load(column(LOGIT) + at);
    const label = labels<T>(at);
    let entropy = zero;
    let rank = one;
    let predicted = v128.splat<T>(-1);
    for (let c = classes - 1; c >= 0; c--) {
      const y = v128.load(x + <usize>c * step + at);
      const class_ = v128.splat<T>(<T>c);
      entropy = v128.add<T>(entropy, spreadGap<T>(v128.load(e + <usize>c * eStep + at), v128.sub<T>(lead, y)));
      const tied = v128.and(v128.eq<T>(y, logit), v128.lt<T>(class_, label));
      rank = v128.add<T>(rank, v128.and(one, v128.or(v128.gt<T>(y, logit), tied)));
      predicted = choose(v128.eq<T>(y, lead), class_, predicted);
    }
    v128.store(column(ENTROPY) + at, entropy);
    v128.store(column(RANK) + at, rank);
    v128.store(column(PREDICTED) + at, predicted);
  }
  gatherExponentials<T>(e, eStep, padded);
  storeReport<T>(plan, first, count, padded);
}

/** The labels' exponentials, of a block in planes. */
export function gatherExponentials<T>(e: usize, step: usize, padded: i32): void {
  for (let p = 0; p < padded; p++) {
    const from = e + <usize>load<i32>(column(LABEL) + (<usize>p << 2)) * step + <usize>p * sizeof<T>();
    store<T>(column(LABEL_EXP) + <usize>p * sizeof<T>(), load<T>(from));
  }
}

/** The labels as numbers of T. */
// @ts-ignore: decorator
@inline
function labels<T>(at: usize): v128 {
  if (sizeof<T>() == 4) return f32x4.convert_i32x4_s(v128.load(column(LABEL) + at));
  return f64x2.convert_low_i32x4_s(v128.load64_zero(column(LABEL) + (at >> 1)));
}

/** The first largest probability of each row stands in for the label. */
function largestTargets<T>(padded: i32, classes: i32, x: usize, step: usize, t: usize, tStep: usize): void {
  for (let p = 0; p < padded; p++) {
    const at = <usize>p * sizeof<T>();
    let most = <T>-Infinity;
    let label = 0;
    for (let c = 0; c < classes; c++) {
      const probability = load<T>(t + <usize>c * tStep + at);
      if (!(probability > most)) continue;
      most = probability;
      label = c;
    }
    store<i32>(column(LABEL) + (<usize>p << 2), label);
    store<T>(column(LOGIT) + at, load<T>(x + <usize>label * step + at));
  }
}

/** The same for a run of classes `start …` of row q, added to what the runs before have left. */
export function reportRun<T>(q: i32, x: usize, n: i32, start: i32, lowest: T, magic: T): void {
  const at = <usize>q * sizeof<T>();
  const lead = load<T>(column(LEAD) + at);
  const logit = load<T>(column(LOGIT) + at);
  const label = load<i32>(column(LABEL) + (<usize>q << 2)) - start;
  const gaps = gapRun<T>(x, n, lowest, magic, lead);
  store<T>(column(ENTROPY) + at, load<T>(column(ENTROPY) + at) + <T>gaps);
  // Of those that are as large as the label's, the ones before it.
  const before = max(0, min(n, label));
  const behind = x + <usize>before * sizeof<T>();
  const rank = countRun<T>(x, before, logit, true) + countRun<T>(behind, n - before, logit, false);
  store<T>(column(RANK) + at, load<T>(column(RANK) + at) + <T>rank);
  if (load<T>(column(PREDICTED) + at) >= 0) return;
  const predicted = findRun<T>(x, n, lead);
  if (predicted >= 0) store<T>(column(PREDICTED) + at, <T>(start + predicted));
}

/** Writes all statistics of a block, of which ENTROPY, RANK, PREDICTED and the labels' exponentials are there. */
export function storeReport<T>(plan: CrossEntropyPlan, first: i32, count: i32, padded: i32): void {
  const zero = v128.splat<T>(0);
  const nan = v128.splat<T>(<T>NaN);
  for (let at: usize = 0; at < <usize>padded * sizeof<T>(); at += 16) {
    const lead = v128.load(column(LEAD) + at);
    const rest = v128.load(column(REST) + at);
    const peak = v128.load(column(PEAK) + at);
    const logZ = v128.load(column(LOG_Z) + at);
    const kept = v128.ne<T>(v128.load(column(WEIGHT) + at), zero);
    const valid = v128.eq<T>(rest, rest);
    const gaps = v128.div<T>(v128.load(column(ENTROPY) + at), v128.add<T>(peak, rest));
    v128.store(column(ENTROPY) + at, choose(valid, v128.add<T>(logZ, gaps), nan));
    v128.store(column(LEAD) + at, choose(valid, lead, nan));
    v128.store(column(RANK) + at, v128.and(v128.load(column(RANK) + at), v128.and(valid, kept)));
    v128.store(column(PREDICTED) + at, choose(valid, v128.load(column(PREDICTED) + at), v128.splat<T>(-1)));
    const probability = v128.div<T>(v128.load(column(LABEL_EXP) + at), v128.add<T>(peak, rest));
    v128.store(column(LABEL_EXP) + at, v128.and(probability, kept));
  }
  const max = plan.max;
  if (max === null) return;
  storeColumn<T>(plan, max, first, count, column(LEAD));
  storeColumn<T>(plan, plan.logSum, first, count, column(LOG_Z));
  storeColumn<T>(plan, plan.predicted, first, count, column(PREDICTED));
  storeColumn<T>(plan, plan.rank, first, count, column(RANK));
  storeColumn<T>(plan, plan.entropy, first, count, column(ENTROPY));
  storeColumn<T>(plan, plan.probability, first, count, column(LABEL_EXP));
}
