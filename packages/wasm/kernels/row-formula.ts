import { F32, I32, I64 } from "../src/codes";
import { bytesOf, fill, read } from "./elements";
import { limit, slope, times } from "./formula";
import { exp } from "./functions/exp";
import { expm1 } from "./functions/expm1";
import { log1p, power } from "./functions/log";
import { choose, isFinite, lanes, lower, madd, ones, sumOf, upper } from "./lanes";
import { CrossEntropyPlan, LossPlan, Operand } from "./records";
import {
  AT_LABEL,
  column,
  EXTRA,
  GAP,
  HOT,
  LABEL,
  LABEL_EXP,
  LABEL_WEIGHT,
  LEAD,
  LOG_Z,
  LOGIT,
  LOSS,
  MASS,
  PEAK,
  PULL,
  PUSH,
  REST,
  SHARE,
  UPSTREAM,
  WEIGHT,
} from "./scratch";
import { findRun, loadColumn, runBase, runCount, runStep } from "./tile";
import { addParts, addToTotal } from "./totals";

// The row formula (docs/semantics.md) on the columns of a block. With the lead any class of the row, e_j = exp(x_j − lead) (times
// whatever peak stands for), peak its exponential and rest the sum of all others, h the mass on label y, q_j spread masses:
//
//     log z = log1p(rest / peak)
//     loss  = (h + Σ q_j)·log z + h·(lead − x_y) + Σ q_j·(lead − x_j)
//
// Where the lead is the largest logit nothing cancels; where it is the label's, the loss is log z itself.
//
// In f32 this is what rows are that have nothing special about them. Where something overflows, underflows or is NaN the block is
// computed again in f64, which follows every corner.

/** The divisor of the mean. */
export function divisorOf(plan: LossPlan): f64 {
  return plan.mass == 0 ? plan.divisor : load<f64>(plan.mass);
}

/** The rows that it counts. */
export function keptRows(plan: LossPlan): f64 {
  return plan.mass == 0 ? plan.divisor : load<f64>(plan.mass, 8);
}

/** What a gradient's factors are at least: they keep all digits, in products with what is a little below 1 too. */
const SMALLEST_FACTOR: f64 = 7.703719777548943e-34; // 2^-110
const LN2: f64 = 0.6931471805599453;

/** Where the largest logit of a row may lie above what exponentials are shifted by: their sum does not overflow. */
export const HIGHEST: f64 = 80;
/** What windows are at least. */
const LEAST_HIGHEST: f64 = 30;

/** The same, for rows whose gradient is multiplied by so little that after the division by that sum it would underflow. */
export function highestOf(plan: CrossEntropyPlan): f64 {
  if (plan.gradient === null || plan.upstream !== null) return HIGHEST;
  const exponent = <i32>((reinterpret<u64>(plan.upstreamNumber / divisorOf(plan)) >> 52) & 0x7ff) - 1023;
  return max(LEAST_HIGHEST, min(HIGHEST, <f64>(exponent + 110) * LN2));
}

/** Whether a class dtype's results saturate as f32 does, under PyTorch's policy. */
export function saturates(plan: LossPlan): bool {
  return plan.strict != 0 && bytesOf(plan.loss.dtype) != 8;
}

/** What is known of rows before their logits: label, masses, weight and upstream. Rows up to `padded` are left out. */
export function beginRows<T>(plan: LossPlan, first: i32, count: i32, padded: i32): void {
  const size = sizeof<T>();
  const divisor = divisorOf(plan);
  const upstream = plan.upstream;
  if (upstream === null) fill<T>(column(UPSTREAM), <T>(plan.upstreamNumber / divisor), padded);
  else {
    loadColumn<T>(plan, upstream, first, count, column(UPSTREAM));
    const divisors = v128.splat<T>(<T>divisor);
    for (let at: usize = 0; at < <usize>padded * size; at += 16) {
      v128.store(column(UPSTREAM) + at, v128.div<T>(v128.load(column(UPSTREAM) + at), divisors));
    }
  }
  const rowWeight = plan.rowWeight;
  if (rowWeight === null) fill<T>(column(WEIGHT), 1, count);
  else loadColumn<T>(plan, rowWeight, first, count, column(WEIGHT));
  const pads = padded - count;
  const behind = <usize>count * size;
  fill<T>(column(WEIGHT) + behind, 0, pads);
  fill<T>(column(LEAD) + behind, 0, pads);
  fill<T>(column(PEAK) + behind, 1, pads);
  fill<T>(column(REST) + behind, 1, pads);
  fill<T>(column(MASS), 0, padded);
  fill<T>(column(GAP), 0, padded);
  if (plan.index) {
    loadLabels<T>(plan, first, count, padded);
    loadLabelMasses<T>(plan, padded);
  } else {
    fill<T>(column(LOGIT), 0, padded);
    fill<T>(column(HOT), 0, padded);
  }
}

/** Labels; rows whose label is ignored, or no class, are left out. */
export function loadLabels<T>(plan: LossPlan, first: i32, count: i32, padded: i32): void {
  const target = plan.target;
  const ignored = <i64>plan.ignoreIndex;
  const classes = <i64>plan.classes;
  // A label that is no class is told by that alone.
  const special = ignored >= 0 && ignored < classes ? <i32>ignored : -1;
  for (let p = 0; p < count; p += runCount) {
    findRun(plan, target, first + p, count - p);
    const labels = column(LABEL) + (<usize>p << 2);
    const weights = column(WEIGHT) + <usize>p * sizeof<T>();
    let q = 0;
    if (sizeof<T>() == 4 && (target.dtype == I32 || target.dtype == I64) && runStep == bytesOf(target.dtype)) {
      const wide = target.dtype == I64;
      const end = i32x4.splat(plan.classes);
      const left = i32x4.splat(special);
      for (; q + 4 <= runCount; q += 4) {
        const at = <usize>q << 2;
        let label: v128;
        let valid: v128;
        if (wide) {
          const a = v128.load(runBase + (at << 1));
          const b = v128.load(runBase + (at << 1), 16);
          label = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
          valid = i32x4.eq(v128.shuffle<i32>(a, b, 1, 3, 5, 7), i32x4.splat(0));
          valid = v128.and(valid, i32x4.lt_u(label, end));
        } else {
          label = v128.load(runBase + at);
          valid = i32x4.lt_u(label, end);
        }
        valid = v128.andnot(valid, i32x4.eq(label, left));
        v128.store(labels + at, v128.and(label, valid));
        v128.store(weights + at, v128.and(v128.load(weights + at), valid));
      }
    }
    for (; q < runCount; q++) {
      const from = runBase + <usize>q * runStep;
      const label = target.dtype == I64 ? load<i64>(from) : <i64>read<f64>(target.dtype, from);
      const valid = label >= 0 && label < classes && label != ignored;
      store<i32>(labels + (<usize>q << 2), valid ? <i32>label : 0);
      if (!valid) store<T>(weights + <usize>q * sizeof<T>(), 0);
    }
  }
  for (let p = count; p < padded; p++) store<i32>(column(LABEL) + (<usize>p << 2), 0);
}

/** Labels as i32, those that are no class as −1. */
export function signLabels(plan: LossPlan, first: i32, count: i32): void {
  const target = plan.target;
  for (let p = 0; p < count; p += runCount) {
    findRun(plan, target, first + p, count - p);
    for (let q = 0; q < runCount; q++) {
      const from = runBase + <usize>q * runStep;
      const label = target.dtype == I64 ? load<i64>(from) : <i64>read<f64>(target.dtype, from);
      store<i32>(column(LABEL) + (<usize>(p + q) << 2), label >= 0 && label < <i64>plan.classes ? <i32>label : -1);
    }
  }
}

function loadLabelMasses<T>(plan: LossPlan, padded: i32): void {
  const weight = plan.weight;
  const hot = v128.splat<T>(<T>plan.hot);
  if (weight === null) fill<T>(column(LABEL_WEIGHT), 1, padded);
  else {
    const step = <usize>weight.classStep * bytesOf(weight.dtype);
    for (let p = 0; p < padded; p++) {
      const from = weight.pointer + <usize>load<i32>(column(LABEL) + (<usize>p << 2)) * step;
      store<T>(column(LABEL_WEIGHT) + <usize>p * sizeof<T>(), read<T>(weight.dtype, from));
    }
  }
  const zero = v128.splat<T>(0);
  for (let at: usize = 0; at < <usize>padded * sizeof<T>(); at += 16) {
    const kept = v128.ne<T>(v128.load(column(WEIGHT) + at), zero);
    const w = v128.and(v128.load(column(LABEL_WEIGHT) + at), kept);
    v128.store(column(LABEL_WEIGHT) + at, w);
    v128.store(column(HOT) + at, v128.mul<T>(hot, w));
  }
}

/** Logits of the labels, as they lie in memory. */
export function gatherLogits<T>(plan: LossPlan, logits: Operand, first: i32, count: i32, padded: i32): void {
  const step = <usize>logits.classStep * bytesOf(logits.dtype);
  for (let p = 0; p < count; p += runCount) {
    findRun(plan, logits, first + p, count - p);
    let from = runBase;
    let to = column(LOGIT) + <usize>p * sizeof<T>();
    let label = column(LABEL) + (<usize>p << 2);
    if (sizeof<T>() == 4 && logits.dtype == F32) {
      for (let q = 0; q < runCount; q++) {
        store<f32>(to, load<f32>(from + <usize>load<i32>(label) * step));
        from += runStep;
        to += 4;
        label += 4;
      }
    } else {
      for (let q = 0; q < runCount; q++) {
        store<T>(to, read<T>(logits.dtype, from + <usize>load<i32>(label) * step));
        from += runStep;
        to += sizeof<T>();
        label += 4;
      }
    }
  }
  fill<T>(column(LOGIT) + <usize>count * sizeof<T>(), 0, padded - count);
}

/**
 * Losses of the block, and what its gradients need. In f32: whether all of it is ordinary, with every rest at least `smallest`; if not
 * the columns mean nothing. In f64 always true.
 */
export function finishRows<T>(plan: CrossEntropyPlan, padded: i32, smallest: T): bool {
  const zero = v128.splat<T>(0);
  const one = ones<T>();
  const strict = plan.strict != 0;
  const narrow = saturates(plan);
  const normalized = plan.normalized != 0;
  const index = plan.index != 0;
  const focal = plan.focalGamma != 0;
  let ordinary = v128.splat<i32>(-1);
  for (let at: usize = 0; at < <usize>padded * sizeof<T>(); at += 16) {
    const lead = normalized ? zero : v128.load(column(LEAD) + at);
    const peak = v128.load(column(PEAK) + at);
    const rest = v128.load(column(REST) + at);
    const mass = v128.load(column(MASS) + at);
    const gap = v128.load(column(GAP) + at);
    const h = v128.load(column(HOT) + at);
    const weight = v128.load(column(WEIGHT) + at);
    const kept = v128.ne<T>(weight, zero);
    const logZ = normalized ? zero : log1p<T>(v128.div<T>(rest, peak));
    const away = index ? limit<T>(v128.sub<T>(lead, v128.load(column(LOGIT) + at)), narrow) : zero;
    const hotPart = sizeof<T>() == 4 ? v128.mul<T>(h, away) : times<T>(h, away, strict);
    let pull = v128.add<T>(h, mass);
    let push = h;
    let loss = v128.add<T>(v128.add<T>(madd<T>(pull, logZ, hotPart), gap), zero);
    if (strict && sizeof<T>() == 8) {
      for (let i = 0; i < 2; i++) addPartsOf(kept, h, mass, logZ, hotPart, gap, i);
    }
    if (focal) {
      const surprise = v128.add<T>(away, logZ);
      const miss = v128.neg<T>(expm1<T>(v128.neg<T>(surprise)));
      const factor = power<T>(miss, plan.focalGamma);
      const odds = v128.div<T>(v128.mul<T>(exp<T>(v128.neg<T>(surprise)), surprise), miss);
      const never = v128.eq<T>(surprise, v128.splat<T>(<T>Infinity));
      const ratio = choose(v128.eq<T>(miss, zero), one, v128.andnot(odds, never));
      loss = times<T>(h, v128.mul<T>(factor, surprise), strict);
      push = v128.mul<T>(v128.mul<T>(h, factor), madd<T>(v128.splat<T>(<T>plan.focalGamma), ratio, one));
      pull = push;
    }
    loss = v128.mul<T>(weight, loss);
    let extra = zero;
    if (plan.zLoss != 0) {
      const logSum = v128.add<T>(limit<T>(lead, narrow), logZ);
      const lambda = v128.splat<T>(<T>plan.zLoss);
      loss = madd<T>(weight, v128.mul<T>(lambda, v128.mul<T>(logSum, logSum)), loss);
      extra = v128.mul<T>(v128.mul<T>(v128.splat<T>(2), lambda), logSum);
    }
    loss = v128.and(loss, kept);
    const scale = v128.mul<T>(v128.load(column(UPSTREAM) + at), weight);
    const share = v128.and(v128.div<T>(scale, v128.add<T>(peak, rest)), kept);
    v128.store(column(LOSS) + at, loss);
    v128.store(column(LOG_Z) + at, logZ);
    v128.store(column(PULL) + at, pull);
    v128.store(column(PUSH) + at, push);
    v128.store(column(EXTRA) + at, extra);
    v128.store(column(SHARE) + at, share);
    if (sizeof<T>() == 4) {
      const finite = v128.and(isFinite<T>(loss), isFinite<T>(v128.add<T>(share, v128.add<T>(pull, push))));
      // What gradients are made of has to stand clear of what f32 rounds off.
      const least = v128.splat<T>(smallest);
      let clear = v128.ge<T>(v128.mul<T>(rest, v128.abs<T>(pull)), least);
      if (plan.gradient !== null) {
        const factor = v128.abs<T>(v128.mul<T>(pull, share));
        clear = v128.and(clear, v128.ge<T>(factor, v128.splat<T>(<T>SMALLEST_FACTOR)));
      }
      const nothing = v128.or(v128.not(kept), v128.eq<T>(v128.mul<T>(h, scale), zero)); // lanes behind the last row hold anything
      clear = v128.or(clear, nothing);
      const enough = normalized ? finite : v128.and(v128.ge<T>(rest, least), clear);
      ordinary = v128.and(ordinary, v128.and(finite, enough));
    }
  }
  return allTrue(ordinary);
}

// @ts-ignore: decorator
@inline
function allTrue(mask: v128): bool {
  return i32x4.all_true(mask);
}

/** PyTorch divides the two parts of a loss one by one. */
// @ts-ignore: decorator
@inline
function addPartsOf(kept: v128, h: v128, mass: v128, logZ: v128, hotPart: v128, gap: v128, lane: i32): void {
  const hot = f64x2.add(f64x2.mul(h, logZ), hotPart);
  const spread = f64x2.add(f64x2.mul(mass, logZ), gap);
  if (lane == 0) {
    if (i64x2.extract_lane(kept, 0) != 0) addParts(f64x2.extract_lane(hot, 0), f64x2.extract_lane(spread, 0));
  } else if (i64x2.extract_lane(kept, 1) != 0) addParts(f64x2.extract_lane(hot, 1), f64x2.extract_lane(spread, 1));
}

/** Adds the block's losses to the chunk's total. */
export function addLosses<T>(plan: LossPlan, count: i32, padded: i32): void {
  if (sizeof<T>() == 8) {
    const narrow = saturates(plan);
    for (let p = 0; p < count; p++) {
      const loss = v128.load64_zero(column(LOSS) + (<usize>p << 3));
      addToTotal(f64x2.extract_lane(limit<f64>(loss, narrow), 0));
    }
    return;
  }
  let sum = v128.splat<f64>(0);
  for (let at: usize = 0; at < <usize>padded << 2; at += 16) {
    const loss = v128.load(column(LOSS) + at);
    sum = v128.add<f64>(sum, v128.add<f64>(lower(loss), upper(loss)));
  }
  addToTotal(sumOf<f64>(sum));
}

/** The gradients at the labels, into AT_LABEL, from the labels' exponentials in LABEL_EXP. */
export function slopesAtLabels<T>(plan: LossPlan, padded: i32): void {
  const base = v128.splat<T>(<T>plan.base);
  const zero = v128.splat<T>(0);
  for (let at: usize = 0; at < <usize>padded * sizeof<T>(); at += 16) {
    const push = v128.load(column(PUSH) + at);
    const q = plan.base == 0 ? push : madd<T>(base, v128.load(column(LABEL_WEIGHT) + at), push);
    const e = plan.normalized ? zero : v128.load(column(LABEL_EXP) + at);
    const by = slope<T>(
      e,
      q,
      v128.load(column(PULL) + at),
      v128.load(column(EXTRA) + at),
      v128.load(column(PEAK) + at),
      v128.load(column(REST) + at),
      v128.load(column(SHARE) + at),
    );
    v128.store(column(AT_LABEL) + at, by);
  }
}
