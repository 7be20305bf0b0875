import { bytesOf, isNative, readAll, writeAll } from "./elements";
import { Operand, Plan } from "./records";
import { tile } from "./scratch";
import { turn } from "./turn";

// Between memory and tiles. A tile holds some rows × a run of classes as numbers of T, in one of two layouts: row by row, where
// neighbouring numbers are classes, or plane by plane, where they are rows. Kernels run along what is neighbouring.

/** Where a run of rows of an operand begins, and how far apart they are in bytes. */
export let runBase: usize = 0;
export let runStep: usize = 0;
/** Rows of the run. */
export let runCount: i32 = 0;

/** Finds the longest run from a row on, of at most `limit` rows, in which rows lie at one distance: nearly always all of them. */
export function findRun(plan: Plan, operand: Operand, row: i32, limit: i32): void {
  const bytes = bytesOf(operand.dtype);
  const inner = plan.inner;
  const outer = inner == 1 ? row : <i32>(<u32>row / <u32>inner);
  const within = row - outer * inner;
  runBase = operand.pointer + <usize>(outer * operand.outerStep + within * operand.innerStep) * bytes;
  runStep = <usize>(inner == 1 ? operand.outerStep : operand.innerStep) * bytes;
  const even = inner == 1 || plan.outer == 1 || operand.outerStep == inner * operand.innerStep;
  runCount = even ? limit : min(limit, inner - within);
}

/** Bytes from one class to the next. */
// @ts-ignore: decorator
@inline
export function classBytes(operand: Operand): usize {
  return <usize>operand.classStep * bytesOf(operand.dtype);
}

/** Classes `start … start + width − 1` of rows `first …` to a tile in rows, `pitch` numbers apart. */
export function loadRows<T>(
  plan: Plan,
  operand: Operand,
  first: i32,
  count: i32,
  start: i32,
  width: i32,
  to: usize,
  pitch: i32,
): void {
  const size = sizeof<T>();
  const step = classBytes(operand);
  const pitchBytes = <usize>pitch * size;
  for (let p = 0; p < count; p += runCount) {
    findRun(plan, operand, first + p, count - p);
    let from = runBase + <usize>start * step;
    let row = to + <usize>p * pitchBytes;
    if (runStep == size && step != size && isNative<T>(operand.dtype) && runCount > 1) {
      transpose<T>(from, step, row, pitchBytes, width, runCount);
      continue;
    }
    for (let q = 0; q < runCount; q++) {
      readAll<T>(operand.dtype, from, step, row, size, width);
      from += runStep;
      row += pitchBytes;
    }
  }
}

/** The same to a tile in planes: class `start + c`'s row p is number `c·pitch + p`. */
export function loadPlanes<T>(
  plan: Plan,
  operand: Operand,
  first: i32,
  count: i32,
  start: i32,
  width: i32,
  to: usize,
  pitch: i32,
): void {
  const size = sizeof<T>();
  const bytes = bytesOf(operand.dtype);
  const step = classBytes(operand);
  const pitchBytes = <usize>pitch * size;
  for (let p = 0; p < count; p += runCount) {
    findRun(plan, operand, first + p, count - p);
    let from = runBase + <usize>start * step;
    let plane = to + <usize>p * size;
    if (step == bytes && runStep != bytes && width > 1) {
      let rowStep = runStep;
      if (!isNative<T>(operand.dtype)) {
        // Converted in rows first, side by side.
        const rows = tile(4);
        for (let q = 0; q < runCount; q++) {
          readAll<T>(operand.dtype, from + <usize>q * runStep, step, rows + <usize>(q * width) * size, size, width);
        }
        from = rows;
        rowStep = <usize>width * size;
      }
      transpose<T>(from, rowStep, plane, pitchBytes, runCount, width);
      continue;
    }
    for (let c = 0; c < width; c++) {
      readAll<T>(operand.dtype, from, runStep, plane, size, runCount);
      from += step;
      plane += pitchBytes;
    }
  }
}

/** A tile in rows to classes `start …` of rows `first …`. */
export function storeRows<T>(
  plan: Plan,
  operand: Operand,
  first: i32,
  count: i32,
  start: i32,
  width: i32,
  from: usize,
  pitch: i32,
): void {
  const size = sizeof<T>();
  const step = classBytes(operand);
  const pitchBytes = <usize>pitch * size;
  for (let p = 0; p < count; p += runCount) {
    findRun(plan, operand, first + p, count - p);
    let to = runBase + <usize>start * step;
    let row = from + <usize>p * pitchBytes;
    if (runStep == size && step != size && isNative<T>(operand.dtype) && runCount > 1) {
      transpose<T>(row, pitchBytes, to, step, runCount, width);
      continue;
    }
    for (let q = 0; q < runCount; q++) {
      writeAll<T>(operand.dtype, to, step, row, size, width);
      to += runStep;
      row += pitchBytes;
    }
  }
}

/** A tile in planes to classes `start …` of rows `first …`. */
export function storePlanes<T>(
  plan: Plan,
  operand: Operand,
  first: i32,
  count: i32,
  start: i32,
  width: i32,
  from: usize,
  pitch: i32,
): void {
  const size = sizeof<T>();
  const bytes = bytesOf(operand.dtype);
  const step = classBytes(operand);
  const pitchBytes = <usize>pitch * size;
  for (let p = 0; p < count; p += runCount) {
    findRun(plan, operand, first + p, count - p);
    let to = runBase + <usize>start * step;
    let plane = from + <usize>p * size;
    if (step == bytes && runStep != bytes && width > 1) {
      if (isNative<T>(operand.dtype)) {
        transpose<T>(plane, pitchBytes, to, runStep, width, runCount);
        continue;
      }
      const rows = tile(4);
      const rowBytes = <usize>width * size;
      transpose<T>(plane, pitchBytes, rows, rowBytes, width, runCount);
      for (let q = 0; q < runCount; q++) {
        writeAll<T>(operand.dtype, to + <usize>q * runStep, step, rows + <usize>q * rowBytes, size, width);
      }
      continue;
    }
    for (let c = 0; c < width; c++) {
      writeAll<T>(operand.dtype, to, runStep, plane, size, runCount);
      to += step;
      plane += pitchBytes;
    }
  }
}

/** One value of each row, to the first `count` numbers of a column. */
export function loadColumn<T>(plan: Plan, operand: Operand, first: i32, count: i32, to: usize): void {
  for (let p = 0; p < count; p += runCount) {
    findRun(plan, operand, first + p, count - p);
    readAll<T>(operand.dtype, runBase, runStep, to + <usize>p * sizeof<T>(), sizeof<T>(), runCount);
  }
}

/** A column to one value of each row. */
export function storeColumn<T>(plan: Plan, operand: Operand, first: i32, count: i32, from: usize): void {
  for (let p = 0; p < count; p += runCount) {
    findRun(plan, operand, first + p, count - p);
    writeAll<T>(operand.dtype, runBase, runStep, from + <usize>p * sizeof<T>(), sizeof<T>(), runCount);
  }
}

/**
 * A matrix of `rows` × `width` numbers of T, rows `step` bytes apart, turned over: number (r, c) becomes number (c, r) of rows
 * `toStep` bytes apart. Four by four in f32.
 */
function transpose<T>(from: usize, step: usize, to: usize, toStep: usize, rows: i32, width: i32): void {
  let r = 0;
  if (sizeof<T>() == 4 && width >= 4) {
    for (; r + 4 <= rows; r += 4) {
      const source = from + <usize>r * step;
      const target = to + (<usize>r << 2);
      for (let c = 0; c + 4 <= width; c += 4) turn(source + (<usize>c << 2), step, target + <usize>c * toStep, toStep);
      // The last four once more rather than less than four.
      const last = <usize>(width - 4);
      if ((width & 3) != 0) turn(source + (last << 2), step, target + last * toStep, toStep);
    }
  }
  for (; r < rows; r++) {
    let source = from + <usize>r * step;
    let target = to + <usize>r * sizeof<T>();
    for (let c = 0; c < width; c++) {
      store<T>(target, load<T>(source));
      source += sizeof<T>();
      target += toStep;
    }
  }
}
