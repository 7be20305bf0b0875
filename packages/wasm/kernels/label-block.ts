import { I32 } from "../src/codes";
import {
  blockMax,
  expPlanes,
  expRows,
  putAtLabels,
  scalePlanesBy,
  scaleRowsBy,
  sumPlanes,
  sumRows,
  takeLabels,
} from "./by-label";
import { fill, isNative } from "./elements";
import { lowestAt, magicAt } from "./functions/exp";
import { log1p } from "./functions/log";
import { madd, ones, sumOf } from "./lanes";
import { CrossEntropyPlan, Operand } from "./records";
import {
  addLosses,
  beginRows,
  divisorOf,
  finishRows,
  keptRows,
  highestOf,
  loadLabels,
  signLabels,
  slopesAtLabels,
} from "./row-formula";
import { chainRun, transformRun } from "./runs";
import {
  AT_LABEL,
  column,
  FACTOR,
  LABEL,
  LABEL_EXP,
  LEAD,
  LOGIT,
  LOSS,
  PEAK,
  PULL,
  REST,
  SHARE,
  tile,
  WEIGHT,
} from "./scratch";
import {
  classBytes,
  findRun,
  loadPlanes,
  loadRows,
  runBase,
  runCount,
  runStep,
  storeColumn,
  storePlanes,
  storeRows,
} from "./tile";
import { addToTotal } from "./totals";
import { SMALLEST_SUM, walkMax, walkPlanes, walkPlanesBack, walkRows, walkSum } from "./walk";

// Index targets whose mass is all on the label, of f32 rows of few classes: by-label.ts, then the row formula with the label for
// its lead. Tiles: 0 logits, 1 exponentials, 2 gradients, 3 slopes.

const LN2: f64 = 0.6931471805599453;
/** The shift that a chunk begins with: maxima from −20 to 60 are in its window. */
const USUAL: i32 = -29;
/** Where the largest logit of a block is put, below where it may lie. */
const HEADROOM: f64 = 20;
/** exp is exact in its argument up to here. */
const FARTHEST: f64 = 2700;
/** What plain gradients may be multiplied by. */
const SMALLEST_SCALE: f64 = 1e-20;
const LARGEST_SCALE: f64 = 1e30;
/** A product of four factors of up to this does not overflow. */
const FACTOR_LIMIT: f32 = 1073741824; // 2^30

/** The k that the last block took. */
let shift: i32 = 0;
/** Where the largest logit of a block may lie, against k·ln2. */
let highest: f64 = 0;

/** A new chunk; what it gives must not depend on the one before. */
export function beginLabels(plan: CrossEntropyPlan): void {
  shift = USUAL;
  highest = highestOf(plan);
}

/** Whether f32 keeps the digits of gradients of plain rows. */
function isModerate(plan: CrossEntropyPlan, scale: f64): bool {
  const size = abs(scale);
  return (size > SMALLEST_SCALE && size < LARGEST_SCALE) || size == 0 || keptRows(plan) == 0;
}

/** Whether a plan's rows can be computed against their labels. */
export function isByLabel(plan: CrossEntropyPlan): bool {
  return plan.index != 0 && plan.base == 0 && plan.zLoss == 0 && plan.normalized == 0 && plan.max === null;
}

/** Whether totals are all that is wanted, of rows that count alike. */
function isPlain(plan: CrossEntropyPlan): bool {
  const alike = plan.weight === null && plan.rowWeight === null && plan.upstream === null;
  return alike && plan.reduce != 0 && plan.focalGamma == 0;
}

/** Where a block lies, in its own memory or in a tile: bytes from row to row, and from class to class. */
let at: usize = 0;
let rowStep: usize = 0;
let classStep: usize = 0;

/** Whether a block of f32 lies so that it can be walked: in planes, or as rows that are dense. */
function isWalkable(plan: CrossEntropyPlan, operand: Operand, first: i32, count: i32, inRows: bool): bool {
  if (!isNative<f32>(operand.dtype) || (count & 15) != 0) return false;
  findRun(plan, operand, first, count);
  at = runBase;
  rowStep = runStep;
  classStep = classBytes(operand);
  if (runCount != count) return false;
  return inRows ? classStep == 4 && rowStep == <usize>plan.classes << 2 : rowStep == 4;
}

/** A block of plain rows that is walked where it lies; false if it cannot be. */
function walk(plan: CrossEntropyPlan, first: i32, count: i32, inRows: bool): bool {
  const gradient = plan.gradient;
  const classes = plan.classes;
  let out: usize = 0;
  let outStep: usize = 0;
  let scale: f64 = 0;
  if (gradient !== null) {
    if (gradient.pointer == plan.logits.pointer) return false;
    if (!isWalkable(plan, gradient, first, count, inRows)) return false;
    out = at;
    outStep = classStep;
    scale = plan.hot * (plan.upstreamNumber / divisorOf(plan));
    if (!isModerate(plan, scale)) return false;
  }
  if (!isWalkable(plan, plan.logits, first, count, inRows)) return false;
  if (!inRows && classes > 16) loadBlock(plan, first, count, count, false);
  const x = at;
  const step = classStep;
  const target = plan.target;
  let labels = column(LABEL);
  findRun(plan, target, first, count);
  if (target.dtype == I32 && runStep == 4 && runCount == count) labels = runBase;
  else signLabels(plan, first, count);
  const ignored = <i64>plan.ignoreIndex;
  const left = ignored >= 0 && ignored < <i64>classes ? <i32>ignored : -1;
  const masked = plan.mass == 0 || keptRows(plan) != <f64>plan.rows;
  if (!inRows && gradient === null) {
    if (!walkPlanes(x, step, classes, count, labels, left, masked)) return false;
    addToTotal(plan.hot * walkSum);
    return true;
  }
  for (let attempt = 0; attempt < 2; attempt++) {
    const lowest = lowestAt(shift);
    const magic = magicAt(shift);
    const done = inRows
      ? walkRows(x, classes, count, labels, left, masked, lowest, magic, out, <f32>scale)
      : walkPlanesBack(x, step, classes, count, labels, left, masked, lowest, magic, out, outStep, <f32>scale);
    const before = shift;
    if (!shiftTo(<f64>walkMax)) return false;
    if (shift != before) continue;
    if (!done) return false;
    addToTotal(plan.hot * walkSum);
    return true;
  }
  return false;
}

/** A block of rows; false if it has to be done in f64, with nothing written that is not written then. */
export function labelBlock(plan: CrossEntropyPlan, first: i32, count: i32): bool {
  const classes = plan.classes;
  const rows = (count + 15) & ~15;
  const inRows = plan.logits.classStep == 1 && plan.classes > 1;
  const transforms = plan.logitScale != 1 || plan.softcap != 0;
  const plain = isPlain(plan);
  if (plain && !transforms && walk(plan, first, count, inRows)) return true;
  if (plain) {
    fill<f32>(column(WEIGHT), 1, count);
    loadLabels<f32>(plan, first, count, rows);
    fill<f32>(column(WEIGHT) + (<usize>count << 2), 0, rows - count);
  } else beginRows<f32>(plan, first, count, rows);

  if (transforms || !isWalkable(plan, plan.logits, first, count, inRows)) {
    loadBlock(plan, first, count, rows, inRows);
    if (transforms) transformRun<f32>(tile(0), classes * rows, <f32>plan.logitScale, <f32>plan.softcap, 0);
  }
  const eRowStep: usize = inRows ? <usize>classes << 2 : 4;
  const eClassStep: usize = inRows ? 4 : <usize>rows << 2;
  if (!exponentials(inRows, classes, rows)) return false;
  takeLabels(tile(1), eRowStep, eClassStep, rows);
  if (inRows) sumRows(tile(1), eRowStep, classes, rows);
  else sumPlanes(tile(1), eClassStep, classes, rows);
  if (!isComplete(rows)) return false;

  const gradient = plan.gradient;
  if (plain) {
    const scale = plan.hot * (plan.upstreamNumber / divisorOf(plan));
    if (gradient !== null && !isModerate(plan, scale)) return false;
    if (!addPlain(plan.hot, rows)) return false;
    if (gradient !== null) plainFactors(<f32>scale, rows);
  } else {
    // The label leads, whatever its logit.
    fill<f32>(column(LEAD), 0, rows);
    fill<f32>(column(LOGIT), 0, rows);
    if (!finishRows<f32>(plan, rows, SMALLEST_SUM)) return false;
    if (plan.reduce) addLosses<f32>(plan, count, rows);
    else storeColumn<f32>(plan, plan.loss, first, count, column(LOSS));
    if (gradient !== null) factors(plan, rows);
  }
  if (gradient !== null) writeGradient(plan, gradient, first, count, rows, inRows, transforms, eRowStep, eClassStep);
  return true;
}

/** Brings a block to tile 0. Rows behind the last are 0. */
function loadBlock(plan: CrossEntropyPlan, first: i32, count: i32, rows: i32, inRows: bool): void {
  const classes = plan.classes;
  at = tile(0);
  rowStep = inRows ? <usize>classes << 2 : 4;
  classStep = inRows ? 4 : <usize>rows << 2;
  if (inRows) {
    loadRows<f32>(plan, plan.logits, first, count, 0, classes, at, classes);
    fill<f32>(at + (<usize>(count * classes) << 2), 0, (rows - count) * classes);
  } else {
    loadPlanes<f32>(plan, plan.logits, first, count, 0, classes, at, rows);
    if (count == rows) return;
    for (let c = 0; c < classes; c++) fill<f32>(at + (<usize>(c * rows + count) << 2), 0, rows - count);
  }
}

/** Exponentials into tile 1, shifted so that the largest logit is in the window; false if there is none. */
function exponentials(inRows: bool, classes: i32, rows: i32): bool {
  for (let attempt = 0; attempt < 2; attempt++) {
    const lowest = lowestAt(shift);
    const magic = magicAt(shift);
    if (inRows) expRows(at, classes * rows, tile(1), lowest, magic);
    else expPlanes(at, classStep, classes, rows, tile(1), <usize>rows << 2, lowest, magic);
    const before = shift;
    if (!shiftTo(<f64>blockMax)) return false;
    if (shift == before) return true;
  }
  return false;
}

/** Changes the shift, if it has to be, so that a logit is in the window; false where there is none. */
function shiftTo(most: f64): bool {
  if (!(abs(most) <= FARTHEST)) return false;
  const gap = most - <f64>shift * LN2;
  if (gap > highest || gap < 0) shift = <i32>nearest((most - highest + HEADROOM) / LN2);
  return true;
}

/** Whether nothing that counts has been lost: no row small altogether, no rest too small. */
function isComplete(rows: i32): bool {
  const one = ones<f32>();
  const smallest = f32x4.splat(SMALLEST_SUM);
  let complete = i32x4.splat(-1);
  for (let p: usize = 0; p < <usize>rows << 2; p += 16) {
    const peak = v128.load(column(PEAK) + p);
    const rest = v128.load(column(REST) + p);
    const fine = v128.and(f32x4.ge(rest, smallest), f32x4.ge(peak, smallest));
    complete = v128.and(complete, v128.and(fine, f32x4.ge(f32x4.add(peak, rest), one)));
  }
  return i32x4.all_true(complete);
}

/**
 * Adds Σ log(1 + rest/peak) of rows that count, times `hot`. The logarithms are one of a product, kept as Q = Π (1 + r) − 1 so that
 * small ones keep their digits, of four rows where none is too large. False if that is not finite.
 */
function addPlain(hot: f64, rows: i32): bool {
  const limit = f32x4.splat(FACTOR_LIMIT);
  let sum = f64x2.splat(0);
  for (let p: usize = 0; p < <usize>rows << 2; p += 64) {
    const r0 = ratioAt(p);
    const r1 = ratioAt(p + 16);
    const r2 = ratioAt(p + 32);
    const r3 = ratioAt(p + 48);
    const most = f32x4.pmax(f32x4.pmax(r0, r1), f32x4.pmax(r2, r3));
    if (i32x4.all_true(f32x4.le(most, limit))) {
      const a = madd<f32>(r0, r1, f32x4.add(r0, r1));
      const b = madd<f32>(r2, r3, f32x4.add(r2, r3));
      sum = f64x2.add(sum, halves(log1p<f32>(madd<f32>(a, b, f32x4.add(a, b)))));
    } else {
      sum = f64x2.add(sum, f64x2.add(halves(log1p<f32>(r0)), halves(log1p<f32>(r1))));
      sum = f64x2.add(sum, f64x2.add(halves(log1p<f32>(r2)), halves(log1p<f32>(r3))));
    }
  }
  const total = hot * sumOf<f64>(sum);
  if (!(total - total == 0)) return false;
  addToTotal(total);
  return true;
}

/** rest/peak of four rows, 0 where they are left out. */
// @ts-ignore: decorator
@inline
function ratioAt(p: usize): v128 {
  const kept = f32x4.ne(v128.load(column(WEIGHT) + p), f32x4.splat(0));
  return v128.and(f32x4.div(v128.load(column(REST) + p), v128.load(column(PEAK) + p)), kept);
}

/** Four f32 as two f64 sums. */
// @ts-ignore: decorator
@inline
function halves(v: v128): v128 {
  const high = v128.shuffle<f64>(v, v, 1, 1);
  return f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(high));
}

/** FACTOR and AT_LABEL of plain rows: scale/z, and −rest·scale/z. */
function plainFactors(scale: f32, rows: i32): void {
  const scales = f32x4.splat(scale);
  const zero = f32x4.splat(0);
  for (let p: usize = 0; p < <usize>rows << 2; p += 16) {
    const rest = v128.load(column(REST) + p);
    const kept = f32x4.ne(v128.load(column(WEIGHT) + p), zero);
    const factor = v128.and(f32x4.div(scales, f32x4.add(v128.load(column(PEAK) + p), rest)), kept);
    v128.store(column(FACTOR) + p, factor);
    v128.store(column(AT_LABEL) + p, f32x4.sub(zero, f32x4.mul(rest, factor)));
  }
}

/** The same of any rows. */
function factors(plan: CrossEntropyPlan, rows: i32): void {
  memory.copy(column(LABEL_EXP), column(PEAK), <usize>rows << 2);
  slopesAtLabels<f32>(plan, rows);
  for (let p: usize = 0; p < <usize>rows << 2; p += 16) {
    v128.store(column(FACTOR) + p, f32x4.mul(v128.load(column(PULL) + p), v128.load(column(SHARE) + p)));
  }
}

/** Exponentials times FACTOR, and AT_LABEL at the labels. */
function writeGradient(
  plan: CrossEntropyPlan,
  gradient: Operand,
  first: i32,
  count: i32,
  rows: i32,
  inRows: bool,
  transforms: bool,
  eRowStep: usize,
  eClassStep: usize,
): void {
  const classes = plan.classes;
  const direct = !transforms && isWalkable(plan, gradient, first, count, inRows);
  const out = direct ? at : tile(2);
  const outRowStep = direct ? rowStep : eRowStep;
  const outClassStep = direct ? classStep : eClassStep;
  if (inRows) scaleRowsBy(tile(1), eRowStep, classes, rows, column(FACTOR), out, outRowStep);
  else scalePlanesBy(tile(1), eClassStep, classes, rows, column(FACTOR), out, outClassStep);
  putAtLabels(column(AT_LABEL), out, outRowStep, outClassStep, rows);
  if (direct) return;
  if (transforms) {
    loadBlock(plan, first, count, rows, inRows);
    transformRun<f32>(tile(0), classes * rows, <f32>plan.logitScale, <f32>plan.softcap, tile(3));
    chainRun<f32>(out, tile(3), classes * rows);
  }
  if (inRows) storeRows<f32>(plan, gradient, first, count, 0, classes, out, classes);
  else storePlanes<f32>(plan, gradient, first, count, 0, classes, out, rows);
}
