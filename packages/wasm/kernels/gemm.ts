import { lanes, madd } from "./lanes";

// Products of matrices, in blocks of PANEL rows of A by two vectors of B's columns, whose sums stay in registers. A is read where it
// lies, whatever its steps; B is packed: for each k the numbers of two vectors, side by side.

/** Rows of a block: with two vectors each, their sums take 12 of the 16 registers of x64. */
export const PANEL: i32 = 6;
/** Bytes of two vectors. */
export const PAIR: usize = 32;
/** Products that are added up in a register before their sum goes on in memory. */
const STRETCH: usize = 256;

/** Columns of a block. */
// @ts-ignore: decorator
@inline
export function columns<T>(): i32 {
  return 2 * lanes<T>();
}

/**
 * A·B of up to PANEL rows, to rows `toRow` bytes apart, or added to what is there. Number (i, k) of A is at `a + i·aRow + k·aStep`.
 */
export function multiply<T>(
  rows: i32,
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  length: i32,
  to: usize,
  toRow: usize,
  add: bool,
): void {
  if (rows == PANEL) return multiplyPanel<T>(a, aRow, aStep, b, length, to, toRow, add);
  for (let i = 0; i < rows; i++) {
    multiplyRow<T>(a, aStep, b, length, to, add);
    a += aRow;
    to += toRow;
  }
}

function multiplyPanel<T>(
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  length: i32,
  to: usize,
  toRow: usize,
  adds: bool,
): void {
  const zero = v128.splat<T>(0);
  const end = b + <usize>length * PAIR;
  let add = adds;
  // Pointers that are added to, rather than one with offsets: engines give each load an instruction of its own.
  let a0 = a;
  let a1 = a0 + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  let a4 = a3 + aRow;
  let a5 = a4 + aRow;
  do {
    const stop = min(b + STRETCH * PAIR, end);
    let s00 = zero;
    let s01 = zero;
    let s10 = zero;
    let s11 = zero;
    let s20 = zero;
    let s21 = zero;
    let s30 = zero;
    let s31 = zero;
    let s40 = zero;
    let s41 = zero;
    let s50 = zero;
    let s51 = zero;
    for (; b < stop; b += PAIR) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      const x0 = v128.load_splat<T>(a0);
      s00 = madd<T>(x0, b0, s00);
      s01 = madd<T>(x0, b1, s01);
      a0 += aStep;
      const x1 = v128.load_splat<T>(a1);
      s10 = madd<T>(x1, b0, s10);
      s11 = madd<T>(x1, b1, s11);
      a1 += aStep;
      const x2 = v128.load_splat<T>(a2);
      s20 = madd<T>(x2, b0, s20);
      s21 = madd<T>(x2, b1, s21);
      a2 += aStep;
      const x3 = v128.load_splat<T>(a3);
      s30 = madd<T>(x3, b0, s30);
      s31 = madd<T>(x3, b1, s31);
      a3 += aStep;
      const x4 = v128.load_splat<T>(a4);
      s40 = madd<T>(x4, b0, s40);
      s41 = madd<T>(x4, b1, s41);
      a4 += aStep;
      const x5 = v128.load_splat<T>(a5);
      s50 = madd<T>(x5, b0, s50);
      s51 = madd<T>(x5, b1, s51);
      a5 += aStep;
    }
    let row = to;
    put<T>(row, s00, s01, add);
    row += toRow;
    put<T>(row, s10, s11, add);
    row += toRow;
    put<T>(row, s20, s21, add);
    row += toRow;
    put<T>(row, s30, s31, add);
    row += toRow;
    put<T>(row, s40, s41, add);
    row += toRow;
    put<T>(row, s50, s51, add);
    add = true;
  } while (b < end);
}

function multiplyRow<T>(a: usize, aStep: usize, b: usize, length: i32, to: usize, adds: bool): void {
  const end = b + <usize>length * PAIR;
  let add = adds;
  do {
    const stop = min(b + STRETCH * PAIR, end);
    let s0 = v128.splat<T>(0);
    let s1 = s0;
    for (; b < stop; b += PAIR) {
      const x = v128.load_splat<T>(a);
      s0 = madd<T>(x, v128.load(b), s0);
      s1 = madd<T>(x, v128.load(b, 16), s1);
      a += aStep;
    }
    put<T>(to, s0, s1, add);
    add = true;
  } while (b < end);
}

// @ts-ignore: decorator
@inline
function put<T>(to: usize, s0: v128, s1: v128, add: bool): void {
  if (add) {
    s0 = v128.add<T>(v128.load(to), s0);
    s1 = v128.add<T>(v128.load(to, 16), s1);
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
}
