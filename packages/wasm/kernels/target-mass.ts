import { I32, I64 } from "../src/codes";
import { bytesOf, read } from "./elements";
import { MassPlan, Partial } from "./records";
import { findRun, runBase, runCount, runStep } from "./tile";

// The divisor of a mean, Σ rowWeight · weight[y] over rows that count; every label is looked at on the way.

/** Rows `first … end − 1`, up to the first bad label. */
export function targetMass(plan: MassPlan, first: i32, end: i32, partial: Partial): void {
  partial.total = 0;
  partial.kept = 0;
  partial.badRow = -1;
  const plain = plan.index != 0 && plan.weight === null && plan.rowWeight === null;
  for (let row = first; row < end && partial.badRow < 0;) {
    const done = plain ? countLabels(plan, row, end - row, partial) : 0;
    if (done == 0) addRow(plan, row, partial);
    row += max(1, done);
  }
}

/** Counts labels four at a time, as far as they are good and lie side by side; gives how many rows that were. */
function countLabels(plan: MassPlan, row: i32, limit: i32, partial: Partial): i32 {
  const target = plan.target;
  findRun(plan, target, row, limit);
  const wide = target.dtype == I64;
  if (!(wide || target.dtype == I32) || runStep != bytesOf(target.dtype)) return 0;
  const classes = i32x4.splat(plan.classes);
  const ignored = <i64>plan.ignoreIndex;
  const low = i32x4.splat(<i32>ignored);
  const high = i32x4.splat(<i32>(ignored >> 32));
  // A 32-bit label is never ignored by a value that does not fit.
  const reachable = wide || ignored == <i64>(<i32>ignored) ? i32x4.splat(-1) : i32x4.splat(0);
  let count = i32x4.splat(0);
  let p = 0;
  for (; p + 4 <= runCount; p += 4) {
    let label: v128;
    let inRange: v128;
    let left: v128;
    if (wide) {
      const a = v128.load(runBase + ((<usize>p) << 3));
      const b = v128.load(runBase + ((<usize>p) << 3), 16);
      const top = v128.shuffle<i32>(a, b, 1, 3, 5, 7);
      label = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
      inRange = v128.and(i32x4.lt_u(label, classes), i32x4.eq(top, i32x4.splat(0)));
      left = v128.and(i32x4.eq(label, low), i32x4.eq(top, high));
    } else {
      label = v128.load(runBase + ((<usize>p) << 2));
      inRange = i32x4.lt_u(label, classes);
      left = v128.and(i32x4.eq(label, low), reachable);
    }
    if (!i32x4.all_true(v128.or(inRange, left))) break;
    count = i32x4.sub(count, v128.andnot(inRange, left));
  }
  const kept =
    <f64>i32x4.extract_lane(count, 0) +
    <f64>i32x4.extract_lane(count, 1) +
    <f64>i32x4.extract_lane(count, 2) +
    <f64>i32x4.extract_lane(count, 3);
  partial.kept += kept;
  partial.total += kept;
  return p;
}

function addRow(plan: MassPlan, row: i32, partial: Partial): void {
  let each: f64 = 1;
  const rowWeight = plan.rowWeight;
  if (rowWeight !== null) {
    findRun(plan, rowWeight, row, 1);
    each = read<f64>(rowWeight.dtype, runBase);
    if (each == 0) return;
  }
  if (plan.index) {
    const target = plan.target;
    findRun(plan, target, row, 1);
    const label = target.dtype == I64 ? load<i64>(runBase) : <i64>read<f64>(target.dtype, runBase);
    if (label == <i64>plan.ignoreIndex) return;
    if (label < 0 || label >= <i64>plan.classes) {
      partial.badRow = row;
      partial.badValue = <f64>label;
      return;
    }
    const weight = plan.weight;
    if (weight !== null) {
      const at = <usize>(<i32>label * weight.classStep) * bytesOf(weight.dtype);
      each *= read<f64>(weight.dtype, weight.pointer + at);
    }
  }
  partial.total += each;
  partial.kept += 1;
}
