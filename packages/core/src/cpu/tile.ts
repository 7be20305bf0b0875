import { encodeHalf, halfTable } from "../half.ts";
import type { Operand } from "../plan.ts";
import type { Rows } from "../shape.ts";
import { memoryOf, type NumberArray } from "./memory.ts";

// Every kernel works on tiles: a few rows × a run of classes in f64, small enough to stay in the first cache. Loading and
// storing know dtype and strides, so the arithmetic is written once for all dtypes and both geometries, and in f64.

/** f64 numbers of a tile: 16 KiB. */
const TILE = 2048;
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
  return { rows, width, pitch: strided ? width | 1 : width, whole: width >= classes };
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

const bases: number[] = [];

/** Element numbers of class 0 of each row of a block. */
function locate({ offset, strides }: Operand, { rows, first, count }: Block): number[] {
  const [outerStep, , innerStep] = strides;
  const { inner } = rows;
  let o = Math.floor(first / inner);
  let i = first - o * inner;
  for (let p = 0; p < count; p++) {
    bases[p] = offset + o * outerStep + i * innerStep;
    if (++i === inner) {
      i = 0;
      o++;
    }
  }
  return bases;
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
  const { dtype, buffer, strides } = operand;
  const at = locate(operand, block);
  const step = strides[1];
  const memory = memoryOf(buffer);
  if (dtype === "i64") return gatherWords(memory.words(), at, block.count, start * step, step, width, tile, pitch);
  const source = memory.numbers(dtype);
  if (dtype === "f32" || dtype === "f64")
    return gather(source, at, block.count, start * step, step, width, tile, pitch);
  gatherOther(source, at, block.count, start * step, step, width, tile, pitch);
  if (dtype === "f16" || dtype === "bf16") decode(halfTable(dtype), block.count, width, tile, pitch);
}

/** Along the rows where classes are neighbours, else along the positions: each cache line is used up at once. */
function gather(
  from: NumberArray,
  at: number[],
  count: number,
  shift: number,
  step: number,
  width: number,
  tile: Float64Array,
  pitch: number,
): void {
  if (step === 1 || count === 1) {
    for (let p = 0; p < count; p++) {
      let i = (at[p] as number) + shift;
      for (let j = p * pitch, end = j + width; j < end; j++, i += step) tile[j] = from[i] as number;
    }
    return;
  }
  for (let c = 0; c < width; c++, shift += step) {
    for (let p = 0, j = c; p < count; p++, j += pitch) tile[j] = from[(at[p] as number) + shift] as number;
  }
}

/** As `gather`, in a function of its own: an engine that has seen only f32 and f64 above keeps that loop tight. */
function gatherOther(
  from: NumberArray,
  at: number[],
  count: number,
  shift: number,
  step: number,
  width: number,
  tile: Float64Array,
  pitch: number,
): void {
  for (let c = 0; c < width; c++, shift += step) {
    for (let p = 0, j = c; p < count; p++, j += pitch) tile[j] = from[(at[p] as number) + shift] as number;
  }
}

function gatherWords(
  words: Int32Array,
  at: number[],
  count: number,
  shift: number,
  step: number,
  width: number,
  tile: Float64Array,
  pitch: number,
): void {
  for (let c = 0; c < width; c++, shift += step) {
    for (let p = 0, j = c; p < count; p++, j += pitch) {
      const i = 2 * ((at[p] as number) + shift);
      tile[j] = (words[i + 1] as number) * 2 ** 32 + ((words[i] as number) >>> 0);
    }
  }
}

function decode(table: Float32Array, count: number, width: number, tile: Float64Array, pitch: number): void {
  for (let p = 0; p < count; p++) {
    for (let j = p * pitch, end = j + width; j < end; j++) tile[j] = table[tile[j] as number] as number;
  }
}

/** Writes a tile to classes `start … start + width − 1` of a block's rows, rounded once to the operand's dtype. */
export function store(
  operand: Operand,
  block: Block,
  start: number,
  width: number,
  tile: Float64Array,
  pitch: number,
): void {
  const { dtype, buffer, strides } = operand;
  const at = locate(operand, block);
  const step = strides[1];
  const memory = memoryOf(buffer);
  if (dtype === "i64") return scatterWords(memory.words(), at, block.count, start * step, step, width, tile, pitch);
  if (dtype === "f16" || dtype === "bf16") {
    for (let p = 0; p < block.count; p++) {
      for (let j = p * pitch, end = j + width; j < end; j++) tile[j] = encodeHalf(tile[j] as number, dtype);
    }
  }
  if (dtype === "bool") {
    for (let p = 0; p < block.count; p++) {
      for (let j = p * pitch, end = j + width; j < end; j++) tile[j] = tile[j] === 0 ? 0 : 1;
    }
  }
  scatter(memory.numbers(dtype), at, block.count, start * step, step, width, tile, pitch);
}

function scatter(
  to: NumberArray,
  at: number[],
  count: number,
  shift: number,
  step: number,
  width: number,
  tile: Float64Array,
  pitch: number,
): void {
  if (step === 1 || count === 1) {
    for (let p = 0; p < count; p++) {
      let i = (at[p] as number) + shift;
      for (let j = p * pitch, end = j + width; j < end; j++, i += step) to[i] = tile[j] as number;
    }
    return;
  }
  for (let c = 0; c < width; c++, shift += step) {
    for (let p = 0, j = c; p < count; p++, j += pitch) to[(at[p] as number) + shift] = tile[j] as number;
  }
}

function scatterWords(
  words: Int32Array,
  at: number[],
  count: number,
  shift: number,
  step: number,
  width: number,
  tile: Float64Array,
  pitch: number,
): void {
  for (let c = 0; c < width; c++, shift += step) {
    for (let p = 0, j = c; p < count; p++, j += pitch) {
      const i = 2 * ((at[p] as number) + shift);
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
