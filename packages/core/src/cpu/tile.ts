import { encodeHalf, type HalfDType, halfTable } from "../half.ts";
import type { Operand } from "../plan.ts";
import type { Rows } from "../shape.ts";
import { memoryOf, type NumberArray } from "./memory.ts";

// Every kernel works on tiles: a few rows × a run of classes in f64, small enough to stay in the first cache. Loading and
// storing know dtype and strides, so the arithmetic is written once for all dtypes and both geometries, and in f64.

/** f64 numbers of a tile: 8 KiB, so that it shares the first cache with a dozen columns of row numbers. */
const TILE = 1024;
/** Rows of a tile when classes are strided: one 64-byte cache line of f32. */
const LINE = 16;

/** How rows and classes are cut into tiles. */
export interface Tiling {
  /** Rows per block. */
  readonly rows: number;
  /** Classes per tile. */
  readonly width: number;
  /** f64 numbers from one row of a tile to the next; odd, so that columns spread over all cache sets. */
  readonly pitch: number;
  /** Whether one tile holds whole rows. */
  readonly whole: boolean;
}

/** Tiles for rows of which `strided` tells whether neighbouring classes lie apart in memory. */
export function tilingOf({ outer, classes, inner }: Rows, strided: boolean): Tiling {
  const count = Math.max(outer * inner, 1);
  const fit = Math.max(1, Math.floor(TILE / Math.max(classes, 1)));
  const rows = Math.min(count, strided ? Math.max(LINE, fit) : fit);
  const width = Math.max(1, Math.min(classes, Math.floor(TILE / rows)));
  return { rows, width, pitch: strided && width >= LINE ? width | 1 : width, whole: width >= classes };
}

/** Room for one tile. */
export function newTile({ rows, pitch }: Tiling): Float64Array<ArrayBuffer> {
  return new Float64Array(rows * pitch);
}

/** Rows `first … first + count − 1` of a geometry: what a kernel treats at a time. */
export interface Block {
  readonly rows: Rows;
  readonly first: number;
  readonly count: number;
}

/** How to walk from memory to a tile or back: `count` rows of `width` classes from element `base` and tile index `to`. */
interface Walk {
  readonly base: number;
  readonly rowStep: number;
  readonly count: number;
  readonly classStep: number;
  readonly width: number;
  readonly to: number;
  readonly pitch: number;
}

/** Visits a block in runs of rows that lie at one distance in memory: nearly always all of them at once. */
function walk(
  { offset, strides }: Operand,
  { rows, first, count }: Block,
  start: number,
  width: number,
  pitch: number,
  visit: (run: Walk) => void,
): void {
  const [outerStep, classStep, innerStep] = strides;
  const { inner } = rows;
  const even = inner === 1 || rows.outer === 1 || outerStep === inner * innerStep;
  const rowStep = inner === 1 ? outerStep : innerStep;
  for (let p = 0; p < count;) {
    const outer = Math.floor((first + p) / inner);
    const within = first + p - outer * inner;
    const base = offset + outer * outerStep + within * innerStep + start * classStep;
    const run = even ? count : Math.min(count - p, inner - within);
    visit({ base, rowStep, count: run, classStep, width, to: p * pitch, pitch });
    p += run;
  }
}

/** Reads classes `start … start + width − 1` of a block's rows into a tile. */
export function load(
  operand: Operand,
  block: Block,
  start: number,
  width: number,
  tile: Float64Array,
  pitch: number,
): void {
  const { dtype, buffer } = operand;
  const memory = memoryOf(buffer);
  if (dtype === "i64") {
    const words = memory.words();
    walk(operand, block, start, width, pitch, (run) => gatherWords(words, run, tile));
  } else if (dtype === "f32" || dtype === "f64") {
    const source = memory.numbers(dtype);
    walk(operand, block, start, width, pitch, (run) => gather(source, run, tile));
  } else {
    const source = memory.numbers(dtype);
    walk(operand, block, start, width, pitch, (run) => gatherOther(source, run, tile));
    if (dtype === "f16" || dtype === "bf16") decode(halfTable(dtype), block.count, width, tile, pitch);
  }
}

/** Along the rows where classes are neighbours, else along the positions: each cache line is used up at once. */
function gather(
  from: NumberArray,
  { base, rowStep, count, classStep, width, to, pitch }: Walk,
  tile: Float64Array,
): void {
  if (classStep === 1) {
    for (let p = 0; p < count; p++) {
      let i = base + p * rowStep;
      const j = to + p * pitch;
      for (let c = 0; c < width; c++) tile[j + c] = from[i++] as number;
    }
    return;
  }
  for (let c = 0; c < width; c++) {
    let i = base + c * classStep;
    let j = to + c;
    for (let p = 0; p < count; p++, i += rowStep, j += pitch) tile[j] = from[i] as number;
  }
}

/** As `gather`, in a function of its own: an engine that has seen only f32 and f64 above keeps that loop tight. */
function gatherOther(
  from: NumberArray,
  { base, rowStep, count, classStep, width, to, pitch }: Walk,
  tile: Float64Array,
): void {
  for (let c = 0; c < width; c++) {
    let i = base + c * classStep;
    let j = to + c;
    for (let p = 0; p < count; p++, i += rowStep, j += pitch) tile[j] = from[i] as number;
  }
}

function gatherWords(
  words: Int32Array,
  { base, rowStep, count, classStep, width, to, pitch }: Walk,
  tile: Float64Array,
): void {
  for (let c = 0; c < width; c++) {
    let i = 2 * (base + c * classStep);
    let j = to + c;
    for (let p = 0; p < count; p++, i += 2 * rowStep, j += pitch) {
      const low = words[i] as number;
      const high = words[i + 1] as number;
      tile[j] = high === low >> 31 ? low : high * 2 ** 32 + (low >>> 0);
    }
  }
}

function decode(table: Float32Array, count: number, width: number, tile: Float64Array, pitch: number): void {
  for (let p = 0; p < count; p++) {
    for (let j = p * pitch, end = j + width; j < end; j++) tile[j] = table[tile[j] as number] as number;
  }
}

/**
 * Writes a tile to classes `start … start + width − 1` of a block's rows, rounded once to the operand's dtype. The tile
 * holds bits afterwards where that is a half dtype.
 */
export function store(
  operand: Operand,
  block: Block,
  start: number,
  width: number,
  tile: Float64Array,
  pitch: number,
): void {
  const { dtype, buffer } = operand;
  const memory = memoryOf(buffer);
  if (dtype === "i64") {
    const words = memory.words();
    return walk(operand, block, start, width, pitch, (run) => scatterWords(words, run, tile));
  }
  if (dtype === "f16" || dtype === "bf16" || dtype === "bool") encode(dtype, block.count, width, tile, pitch);
  const target = memory.numbers(dtype);
  walk(operand, block, start, width, pitch, (run) => scatter(target, run, tile));
}

function encode(dtype: HalfDType | "bool", count: number, width: number, tile: Float64Array, pitch: number): void {
  for (let p = 0; p < count; p++) {
    for (let j = p * pitch, end = j + width; j < end; j++) {
      tile[j] = dtype === "bool" ? Number(tile[j] !== 0) : encodeHalf(tile[j] as number, dtype);
    }
  }
}

function scatter(
  to: NumberArray,
  { base, rowStep, count, classStep, width, to: at, pitch }: Walk,
  tile: Float64Array,
): void {
  if (classStep === 1) {
    for (let p = 0; p < count; p++) {
      let i = base + p * rowStep;
      const j = at + p * pitch;
      for (let c = 0; c < width; c++) to[i++] = tile[j + c] as number;
    }
    return;
  }
  for (let c = 0; c < width; c++) {
    let i = base + c * classStep;
    let j = at + c;
    for (let p = 0; p < count; p++, i += rowStep, j += pitch) to[i] = tile[j] as number;
  }
}

function scatterWords(
  words: Int32Array,
  { base, rowStep, count, classStep, width, to, pitch }: Walk,
  tile: Float64Array,
): void {
  for (let c = 0; c < width; c++) {
    let i = 2 * (base + c * classStep);
    let j = to + c;
    for (let p = 0; p < count; p++, i += 2 * rowStep, j += pitch) {
      const value = Math.trunc(tile[j] as number);
      words[i] = value;
      words[i + 1] = Math.floor(value / 2 ** 32);
    }
  }
}

/** One value per row of a block, as the first entries of `into`. */
export function loadColumn(operand: Operand, block: Block, into: Float64Array): void {
  load(operand, block, 0, 1, into, 1);
}

/** Writes one value per row of a block; half dtypes overwrite `from` with their bits. */
export function storeColumn(operand: Operand, block: Block, from: Float64Array): void {
  store(operand, block, 0, 1, from, 1);
}

/** The one value of a scalar result. */
export function storeScalar(operand: Operand, value: number): void {
  storeColumn(operand, { rows: { outer: 1, classes: 1, inner: 1 }, first: 0, count: 1 }, Float64Array.of(value));
}
