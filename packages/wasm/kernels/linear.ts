import {
  F32,
  F64,
  FILTER_CLASSES,
  LINEAR_CLEAR,
  LINEAR_DISCARDED,
  LINEAR_FILTER,
  LINEAR_FLUSH,
  LINEAR_HIDDEN,
  LINEAR_LOGITS,
  LINEAR_LOSSES,
  LINEAR_MATRIX,
  LINEAR_PACK,
  LINEAR_SELECT,
} from "../src/codes";
import { bytesOf, fill, isNative, read, readAll, write, writeAll } from "./elements";
import { columns, multiply, PAIR, PANEL } from "./gemm";
import { lanes, lower, upper } from "./lanes";
import { clear, filter, isSkipped, sumDiscarded } from "./linear-filter";
import { LinearPlan, Operand } from "./records";
import { loadLabels } from "./row-formula";
import { column, LABEL, MAX_ROWS, SPARE, tile, WEIGHT } from "./scratch";
import { loadColumn } from "./tile";
import { turn } from "./turn";

// logits = hidden · matrixᵀ + bias, for a block of rows at a time, in working memory: so many rows that their logits fit. Cross entropy
// (cross-entropy-rows) turns them into their gradient where they are, and two more products carry it back. Rows that are left out
// take no part: the rest are picked out first.
//
// Phases: SELECT all rows; then for each block PACK, LOGITS, cross entropy, FLUSH, HIDDEN and MATRIX; at the end CONVERT and LOSSES. With a
// gradient filter also FILTER before cross entropy, CLEAR after FLUSH, and DISCARDED at the end.

/** The column that biases are kept in. */
const BIAS: usize = SPARE;
/** Features that are multiplied before the next ones are looked at, and classes: what caches hold. */
const FEATURES: i32 = 2048;
const CLASSES: i32 = 256;
/** From one group of packed features to the next: a cache line more than it takes, so that they fall into different sets of the cache. */
const GROUP_BYTES: usize = <usize>CLASSES * PAIR + 64;

/** Does a phase of what is cut into chunks: rows (SELECT, PACK, FLUSH, LOSSES), classes (LOGITS, MATRIX, CONVERT) or features (HIDDEN). */
export function linear(plan: LinearPlan, first: i32, end: i32): void {
  if (plan.phase == LINEAR_SELECT) select(plan, end);
  else if (plan.phase == LINEAR_LOSSES) scatterLosses(plan);
  else if (plan.phase == LINEAR_DISCARDED) sumDiscarded(plan);
  else if (plan.width == 8) step<f64>(plan, first, end);
  else step<f32>(plan, first, end);
}

function step<T>(plan: LinearPlan, first: i32, end: i32): void {
  if (plan.phase == LINEAR_PACK) pack<T>(plan, first, end);
  else if (plan.phase == LINEAR_LOGITS) logits<T>(plan, first, end);
  else if (plan.phase == LINEAR_FILTER) filter<T>(plan, first, end);
  else if (plan.phase == LINEAR_FLUSH) flush(plan, first, end);
  else if (plan.phase == LINEAR_CLEAR) clear<T>(plan, first, end);
  else if (plan.phase == LINEAR_HIDDEN) hiddenGradient<T>(plan, first, end);
  else if (plan.phase == LINEAR_MATRIX) matrixGradient<T>(plan, first, end);
  else convert<T>(plan, first, end);
}

/** Lists the rows that count, with their labels, weights and upstreams side by side; the gradient and loss of others is 0. */
function select(plan: LinearPlan, end: i32): void {
  let count = 0;
  const hiddenGradient = plan.hiddenGradient;
  const dtype = plan.width == 8 ? F64 : F32;
  const bytes = bytesOf(dtype);
  for (let first = 0; first < end; first += MAX_ROWS) {
    const rows = min(MAX_ROWS, end - first);
    if (plan.rowWeight === null) fill<f64>(column(WEIGHT), 1, rows);
    else loadColumn<f64>(plan, plan.rowWeight as Operand, first, rows, column(WEIGHT));
    loadLabels<f64>(plan, first, rows, rows);
    for (let p = 0; p < rows; p++) {
      const row = first + p;
      const weight = load<f64>(column(WEIGHT) + (<usize>p << 3));
      if (weight == 0) {
        if (hiddenGradient !== null) clearRow(hiddenGradient, row, plan.features);
        if (!plan.reduce) write<f64>(plan.loss.dtype, at(plan.loss, row), 0);
        continue;
      }
      store<i32>(plan.list + (<usize>count << 2), row);
      store<i32>(plan.labels + (<usize>count << 2), load<i32>(column(LABEL) + (<usize>p << 2)));
      if (plan.rowWeight !== null) write<f64>(dtype, plan.weights + <usize>count * bytes, weight);
      const upstream = plan.upstream;
      if (upstream !== null) write<f64>(dtype, plan.upstreams + <usize>count * bytes, read<f64>(upstream.dtype, at(upstream, row)));
      count++;
    }
  }
  store<i32>(plan.counter, count);
}

/** Address of a row. */
// @ts-ignore: decorator
@inline
function at(operand: Operand, row: i32): usize {
  return operand.pointer + <usize>row * <usize>operand.outerStep * bytesOf(operand.dtype);
}

function clearRow(operand: Operand, row: i32, length: i32): void {
  const step = <usize>operand.classStep * bytesOf(operand.dtype);
  for (let k = 0; k < length; k++) write<f64>(operand.dtype, at(operand, row) + <usize>k * step, 0);
}

/** Number i of the rows of the block at hand. */
// @ts-ignore: decorator
@inline
function rowAt(plan: LinearPlan, i: i32): i32 {
  return load<i32>(plan.list + (<usize>(plan.blockFirst + i) << 2));
}

/**
 * Packs rows `first … end − 1` of the block twice: for each feature the rows of a group (`packedRows`, features in slices), and for
 * each row the features of a group (`packedFeatures`). Rows beyond the block are 0.
 */
function pack<T>(plan: LinearPlan, first: i32, end: i32): void {
  const hidden = plan.hidden;
  const width = columns<T>();
  const step = <usize>hidden.classStep * bytesOf(hidden.dtype);
  const backward = plan.packedFeatures != 0;
  for (let p = first; p < end; p++) {
    const lane = <usize>(p % width) * sizeof<T>();
    for (let start = 0; start < plan.features; start += FEATURES) {
      const n = min(FEATURES, plan.features - start);
      const padded = (n + width - 1) / width * width;
      const row = tile(0);
      fill<T>(row, 0, padded);
      if (p < plan.blockCount) readAll<T>(hidden.dtype, at(hidden, rowAt(plan, p)) + <usize>start * step, step, row, sizeof<T>(), n);
      let to = packedRowsAt<T>(plan, p / width, start, n) + lane;
      for (let k = 0; k < n; k++) {
        store<T>(to, load<T>(row + <usize>k * sizeof<T>()));
        to += PAIR;
      }
      if (!backward || p >= plan.blockCount) continue;
      to = plan.packedFeatures + (<usize>(start / width * plan.blockCount) + p) * PAIR;
      for (let k = 0; k < padded; k += width) {
        memory.copy(to, row + <usize>k * sizeof<T>(), PAIR);
        to += <usize>plan.blockCount * PAIR;
      }
    }
  }
}

/** Where features `start …`, n of them, of a group of rows are packed. */
// @ts-ignore: decorator
@inline
function packedRowsAt<T>(plan: LinearPlan, group: i32, start: i32, n: i32): usize {
  const groups = plan.blockRows / columns<T>();
  return plan.packedRows + (<usize>start * groups + <usize>group * n) * PAIR;
}

/** Logits of classes `first … end − 1` for all rows of the block. */
function logits<T>(plan: LinearPlan, first: i32, end: i32): void {
  const matrix = plan.matrix;
  const size = sizeof<T>();
  const step = <usize>matrix.classStep * bytesOf(matrix.dtype);
  const direct = isNative<T>(matrix.dtype) && matrix.classStep == 1;
  const groups = (plan.blockCount + columns<T>() - 1) / columns<T>();
  const sums = tile(4);
  for (let start = 0; start < plan.features || start == 0; start += FEATURES) {
    const n = min(FEATURES, plan.features - start);
    for (let c = first; c < end; c += PANEL) {
      const rows = min(PANEL, end - c);
      let a = at(matrix, c) + <usize>start * step;
      let aRow = <usize>matrix.outerStep * size;
      if (!direct) {
        aRow = <usize>FEATURES * size;
        for (let i = 0; i < rows; i++) {
          readAll<T>(matrix.dtype, at(matrix, c + i) + <usize>start * step, step, tile(0) + <usize>i * aRow, size, n);
        }
        a = tile(0);
      }
      loadBias<T>(plan, c, rows);
      for (let g = 0; g < groups; g++) {
        multiply<T>(rows, a, aRow, size, packedRowsAt<T>(plan, g, start, n), n, sums, PAIR, false);
        placeLogits<T>(plan, c, rows, g, start == 0, sums);
      }
    }
  }
}

/** A block of sums, class by class, to logits, row by row; the first time with the bias, after that added. */
function placeLogits<T>(plan: LinearPlan, c: i32, classes: i32, group: i32, isFirst: bool, sums: usize): void {
  const pitch = <usize>plan.pitch * sizeof<T>();
  const to = plan.logits + <usize>(group * columns<T>()) * pitch + <usize>c * sizeof<T>();
  let i = 0;
  if (sizeof<T>() == 4 && classes >= 4) {
    const add = isFirst ? v128.load(column(BIAS)) : f32x4.splat(0);
    placeFour(sums, to, pitch, isFirst, add);
    placeFour(sums + 16, to + 4 * pitch, pitch, isFirst, add);
    i = 4;
  }
  for (; i < classes; i++) {
    const by = isFirst ? load<T>(column(BIAS) + <usize>i * sizeof<T>()) : 0;
    const from = sums + <usize>i * PAIR;
    let at = to + <usize>i * sizeof<T>();
    for (let p = 0; p < columns<T>(); p++) {
      const sum = load<T>(from + <usize>p * sizeof<T>());
      store<T>(at, isFirst ? sum + by : load<T>(at) + sum);
      at += pitch;
    }
  }
}

/** Four rows of four classes, turned over. */
// @ts-ignore: decorator
@inline
function placeFour(from: usize, to: usize, pitch: usize, isFirst: bool, bias: v128): void {
  const four = tile(3);
  turn(from, PAIR, four, 16);
  for (let p: usize = 0; p < 4; p++) {
    v128.store(to, f32x4.add(v128.load(four + 16 * p), isFirst ? bias : v128.load(to)));
    to += pitch;
  }
}

/** Biases of a panel of classes. */
function loadBias<T>(plan: LinearPlan, c: i32, classes: i32): void {
  const bias = plan.bias;
  if (bias === null) return fill<T>(column(BIAS), 0, PANEL);
  const step = <usize>bias.classStep * bytesOf(bias.dtype);
  readAll<T>(bias.dtype, bias.pointer + <usize>c * step, step, column(BIAS), sizeof<T>(), classes);
}

/**
 * Sets gradients below 2^-126 to 0 in rows `first … end − 1`. Products with such numbers take processors a hundred times as long, and a
 * confident row is full of them.
 */
function flush(plan: LinearPlan, first: i32, end: i32): void {
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
function hiddenGradient<T>(plan: LinearPlan, first: i32, end: i32): void {
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
function matrixGradient<T>(plan: LinearPlan, first: i32, end: i32): void {
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
function convert<T>(plan: LinearPlan, first: i32, end: i32): void {
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

/** Losses of the rows that count, from where they lie side by side, to theirs. */
function scatterLosses(plan: LinearPlan): void {
  const count = load<i32>(plan.counter);
  const bytes = bytesOf(plan.loss.dtype);
  for (let i = 0; i < count; i++) {
    const row = load<i32>(plan.list + (<usize>i << 2));
    memory.copy(at(plan.loss, row), plan.losses + <usize>i * bytes, bytes);
  }
}
