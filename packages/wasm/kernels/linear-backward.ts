import { FILTER_CLASSES } from "../src/codes";
import { bytesOf, fill, isNative, readAll, write, writeAll } from "./elements";
import { columns, multiply, PAIR, PANEL } from "./gemm";
import { lanes, lower, upper } from "./lanes";
import { isSkipped } from "./linear-filter";
import { at, rowAt } from "./linear-rows";
import { LinearPlan, Operand } from "./records";
import { column, tile } from "./scratch";

// From the gradient of a block's logits, which lies where they did, to the gradients of hidden, matrix and bias (linear.ts).

/** Classes that are multiplied before the next ones are looked at: what caches hold. */
const CLASSES: i32 = 256;
/** From one group of packed features to the next: a cache line more than it takes, so that they fall into different sets of the cache. */
const GROUP_BYTES: usize = <usize>CLASSES * PAIR + 64;

/**
 * Sets gradients below 2^-126 to 0 in rows `first … end − 1`. Products with such numbers take processors a hundred times as long, and a
 * confident row is full of them.
 */
export function flush(plan: LinearPlan, first: i32, end: i32): void {
  const least = v128.splat<f32>(1.1754943508222875e-38);
  for (let p = first; p < end; p++) {
    const row = plan.logits + <usize>p * <usize>plan.pitch * sizeof<f32>();
    const stop = row + <usize>plan.classes * sizeof<f32>();
    for (let to = row; to < stop; to += 16) {
      const x = v128.load(to);
      const tiny = f32x4.lt(f32x4.abs(x), least); // not NaN
      v128.store(to, v128.andnot(x, tiny));
    }
  }
}

/** Features `first … end − 1` of the gradient of the block's rows: gradient of the logits · matrix. */
export function hiddenGradient<T>(plan: LinearPlan, first: i32, end: i32): void {
  const output = plan.hiddenGradient;
  if (output === null) return;
  const matrix = plan.matrix;
  const width = columns<T>();
  const size = sizeof<T>();
  const n = end - first;
  const groups = (n + width - 1) / width;
  const sumRow = <usize>(groups * width) * size;
  const sums = plan.hiddenSums + <usize>first * <usize>plan.blockRows * size;
  const pitch = <usize>plan.pitch * size;
  for (let start = 0; start < plan.classes; start += CLASSES) {
    const length = min(CLASSES, plan.classes - start);
    packMatrix<T>(matrix, start, length, first, n, groups);
    for (let p = 0; p < plan.blockCount; p += PANEL) {
      const rows = min(PANEL, plan.blockCount - p);
      const a = plan.logits + <usize>p * pitch + <usize>start * size;
      const to = sums + <usize>p * sumRow;
      if (plan.skips == 0) multiplyGroups<T>(rows, a, pitch, tile(0), length, groups, to, sumRow, start != 0);
      else addKept<T>(plan, p, rows, start, length, groups, to, sumRow);
    }
  }
  const step = <usize>output.classStep * bytesOf(output.dtype);
  for (let p = 0; p < plan.blockCount; p++) {
    writeAll<T>(output.dtype, at(output, rowAt(plan, p)) + <usize>first * step, step, sums + <usize>p * sumRow, size, n);
  }
}

/** Rows of slopes by all groups of features that tiles hold from `b` on. */
function multiplyGroups<T>(
  rows: i32,
  a: usize,
  pitch: usize,
  b: usize,
  length: i32,
  groups: i32,
  to: usize,
  toRow: usize,
  add: bool,
): void {
  for (let g = 0; g < groups; g++) {
    multiply<T>(rows, a, pitch, sizeof<T>(), b, length, to, toRow, add);
    b += GROUP_BYTES;
    to += PAIR;
  }
}

/** The same for classes `start …` in stretches of spans that the gradient filter has kept for one of the rows. */
function addKept<T>(
  plan: LinearPlan,
  p: i32,
  rows: i32,
  start: i32,
  length: i32,
  groups: i32,
  to: usize,
  toRow: usize,
): void {
  const pitch = <usize>plan.pitch * sizeof<T>();
  const a = plan.logits + <usize>p * pitch + <usize>start * sizeof<T>();
  if (start == 0) for (let i = 0; i < rows; i++) memory.fill(to + <usize>i * toRow, 0, <usize>groups * PAIR);
  for (let from = 0; from < length; ) {
    let end = from;
    while (end < length && !isSkipped(plan, p, p + rows, (start + end) / FILTER_CLASSES)) end += FILTER_CLASSES;
    if (end > from) {
      const n = min(end, length) - from;
      const b = tile(0) + <usize>from * PAIR;
      multiplyGroups<T>(rows, a + <usize>from * sizeof<T>(), pitch, b, n, groups, to, toRow, true);
    }
    from = end + FILTER_CLASSES; // the one at the end is left out
  }
}

/** Packs features `first …`, n of them, of classes `start …` to tiles: for each class the features of a group. */
function packMatrix<T>(matrix: Operand, start: i32, length: i32, first: i32, n: i32, groups: i32): void {
  const width = columns<T>();
  const step = <usize>matrix.classStep * bytesOf(matrix.dtype);
  const row = column(0);
  fill<T>(row, 0, groups * width);
  for (let c = 0; c < length; c++) {
    let from = at(matrix, start + c) + <usize>first * step;
    if (n % width != 0 || !isNative<T>(matrix.dtype) || matrix.classStep != 1) {
      readAll<T>(matrix.dtype, from, step, row, sizeof<T>(), n);
      from = row;
    }
    let to = tile(0) + <usize>c * PAIR;
    for (let g = 0; g < groups; g++) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      from += PAIR;
      to += GROUP_BYTES;
    }
  }
}

/** Classes `first … end − 1` of the gradient of matrix and bias: gradient of the logitsᵀ · hidden, added to that of earlier blocks. */
export function matrixGradient<T>(plan: LinearPlan, first: i32, end: i32): void {
  const width = columns<T>();
  const size = sizeof<T>();
  const pitch = <usize>plan.pitch * size;
  const add = plan.blockFirst != 0;
  const row = <usize>plan.sumPitch * size;
  if (plan.matrixSums != 0) {
    for (let c = first; c < end; c += PANEL) {
      const rows = min(PANEL, end - c);
      // Side by side first: each row of the block is on a page of its own.
      const a = tile(0);
      const aStep = <usize>PANEL * size;
      let from = plan.logits + <usize>c * size;
      for (let p = 0; p < plan.blockCount; p++) {
        memory.copy(a + <usize>p * aStep, from, aStep);
        from += pitch;
      }
      const stretches = plan.skips == 0 ? 0 : keptRows(plan, c, rows);
      for (let k = 0; k < plan.features; k += width) {
        const b = plan.packedFeatures + <usize>(k / width * plan.blockCount) * PAIR;
        const to = plan.matrixSums + <usize>c * row + <usize>k * size;
        if (plan.skips == 0) multiplyUpTo<T>(rows, a, aStep, b, plan.blockCount, to, row, add, plan.sumPitch - k);
        else {
          const n = min(width, plan.sumPitch - k);
          if (!add) for (let i = 0; i < rows; i++) memory.fill(to + <usize>i * row, 0, <usize>n * size);
          for (let s = 0; s < stretches; s++) {
            const from = load<i32>(column(0) + (<usize>s << 3));
            const length = load<i32>(column(0) + (<usize>s << 3), 4);
            const at = <usize>from;
            multiplyUpTo<T>(rows, a + at * aStep, aStep, b + at * PAIR, length, to, row, true, plan.sumPitch - k);
          }
        }
      }
    }
  }
  if (plan.biasSums != 0) for (let c = first; c < end; c += lanes<T>()) addBias<T>(plan, c, end, add);
}

/** Rows of the block are looked at so many at a time. */
const ROWS: i32 = 8;

/** Stretches of the block's rows for one of which the gradient filter has kept one of these classes: first rows and lengths in column 0. */
function keptRows(plan: LinearPlan, c: i32, classes: i32): i32 {
  const span = c / FILTER_CLASSES;
  const last = (c + classes - 1) / FILTER_CLASSES;
  let stretches = 0;
  let from = -1;
  for (let p = 0; p < plan.blockCount; p += ROWS) {
    const end = min(p + ROWS, plan.blockCount);
    const skipped = isSkipped(plan, p, end, span) && (last == span || isSkipped(plan, p, end, last));
    if (!skipped && from < 0) from = p;
    if (from < 0 || (!skipped && end < plan.blockCount)) continue;
    store<i32>(column(0) + (<usize>stretches << 3), from);
    store<i32>(column(0) + (<usize>stretches << 3), (skipped ? p : end) - from, 4);
    stretches++;
    from = -1;
  }
  return stretches;
}

/** `multiply` of A turned over, where `most` columns are there, or more than it takes. */
function multiplyUpTo<T>(
  rows: i32,
  a: usize,
  aStep: usize,
  b: usize,
  length: i32,
  to: usize,
  toRow: usize,
  add: bool,
  most: i32,
): void {
  if (most >= columns<T>()) multiply<T>(rows, a, sizeof<T>(), aStep, b, length, to, toRow, add);
  else multiplyPart<T>(rows, a, sizeof<T>(), aStep, b, length, to, toRow, add, most);
}

/** `multiply`, where less than all columns are there. */
function multiplyPart<T>(
  rows: i32,
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  length: i32,
  to: usize,
  toRow: usize,
  add: bool,
  width: i32,
): void {
  const sums = tile(4);
  const bytes = <usize>width * sizeof<T>();
  if (add) for (let i = 0; i < rows; i++) memory.copy(sums + <usize>i * PAIR, to + <usize>i * toRow, bytes);
  multiply<T>(rows, a, aRow, aStep, b, length, sums, PAIR, add);
  for (let i = 0; i < rows; i++) memory.copy(to + <usize>i * toRow, sums + <usize>i * PAIR, bytes);
}

/** The bias' gradient at a vector of classes. */
function addBias<T>(plan: LinearPlan, c: i32, end: i32, add: bool): void {
  const to = plan.biasSums + (<usize>c << 3);
  const zero = v128.splat<f64>(0);
  let low = add ? v128.load(to) : zero;
  let high = add ? v128.load(to, 16) : zero; // of the next class of f64: it is not stored
  let from = plan.logits + <usize>c * sizeof<T>();
  for (let p = 0; p < plan.blockCount; p++) {
    const g = v128.load(from);
    low = v128.add<f64>(low, sizeof<T>() == 4 ? lower(g) : g);
    if (sizeof<T>() == 4) high = v128.add<f64>(high, upper(g));
    from += <usize>plan.pitch * sizeof<T>();
  }
  v128.store(to, low);
  if (sizeof<T>() == 4) v128.store(to, high, 16);
}

/** Gradients of matrix and bias that were added up beside their outputs, for classes `first … end − 1`. */
export function convert<T>(plan: LinearPlan, first: i32, end: i32): void {
  const matrix = plan.matrixGradient;
  if (matrix !== null && plan.matrixSums != matrix.pointer) {
    const step = <usize>matrix.classStep * bytesOf(matrix.dtype);
    const row = <usize>plan.sumPitch * sizeof<T>();
    for (let c = first; c < end; c++) {
      writeAll<T>(matrix.dtype, at(matrix, c), step, plan.matrixSums + <usize>c * row, sizeof<T>(), plan.features);
    }
  }
  const bias = plan.biasGradient;
  if (bias === null) return;
  const step = <usize>bias.classStep * bytesOf(bias.dtype);
  for (let c = first; c < end; c++) {
    write<f64>(bias.dtype, bias.pointer + <usize>c * step, load<f64>(plan.biasSums + (<usize>c << 3)));
  }
}
