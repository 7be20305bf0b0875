import {
  F32,
  F64,
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
import { bytesOf, fill, isNative, read, readAll, write } from "./elements";
import { columns, multiply, PAIR, PANEL } from "./gemm";
import { convert, flush, hiddenGradient, matrixGradient } from "./linear-backward";
import { clear, filter, sumDiscarded } from "./linear-filter";
import { at, rowAt } from "./linear-rows";
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
/** Features that are multiplied before the next ones are looked at: what caches hold. */
const FEATURES: i32 = 2048;

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

function clearRow(operand: Operand, row: i32, length: i32): void {
  const step = <usize>operand.classStep * bytesOf(operand.dtype);
  for (let k = 0; k < length; k++) write<f64>(operand.dtype, at(operand, row) + <usize>k * step, 0);
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

/** Losses of the rows that count, from where they lie side by side, to theirs. */
function scatterLosses(plan: LinearPlan): void {
  const count = load<i32>(plan.counter);
  const bytes = bytesOf(plan.loss.dtype);
  for (let i = 0; i < count; i++) {
    const row = load<i32>(plan.list + (<usize>i << 2));
    memory.copy(at(plan.loss, row), plan.losses + <usize>i * bytes, bytes);
  }
}
