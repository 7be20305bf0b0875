import type { Operand, Rows } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { type Box, boxesOf, fits, part, rowsOf, type Three, wholeOf, within } from "./boxes.ts";
import { copyOf } from "./copy.ts";
import type { Planner } from "./planner.ts";

// Kernels over rows need all classes of a row at once. Rows are cut into pieces that can be bound. Where the classes of a single row are
// too far apart for that, some rows at a time are brought together in working memory, class by class, and results are brought back.

/** Some rows of a plan. */
export interface Piece {
  readonly rows: Rows;
  /** Where they are in the plan. */
  readonly from: Three;
  /** Kernels that run before those of the piece, and after. */
  readonly before: readonly Dispatch[];
  readonly after: readonly Dispatch[];
  /** What the piece reads of an operand, and where it writes. */
  readonly input: <O extends Operand | undefined>(operand: O) => O;
  readonly output: <O extends Operand | undefined>(operand: O) => O;
}

/** Working memory for one operand of a piece of which rows are brought together. */
const MOST_TOGETHER = 32 * 2 ** 20;

/** The pieces of a plan with these operands. */
export function piecesOf(rows: Rows, operands: readonly (Operand | undefined)[], planner: Planner): readonly Piece[] {
  const boxes = boxesOf(wholeOf(rows), operands, planner.mostBytes);
  if (boxes !== undefined) return boxes.map((box) => bound(box, planner));
  const scratch: Operand["buffer"][] = [];
  const most = Math.min(MOST_TOGETHER, planner.mostBytes);
  const count = Math.max(1, Math.floor(most / (4 * rows.classes)));
  const pieces: Piece[] = [];
  for (let o = 0; o < rows.outer; o++) {
    for (let i = 0; i < rows.inner; i += count) {
      const box = part(part(wholeOf(rows), 0, o, 1), 2, i, Math.min(count, rows.inner - i));
      pieces.push(broughtTogether(box, scratch, count, planner));
    }
  }
  return pieces;
}

/** The pieces of a plan whose elements have nothing to do with each other: cut anywhere. */
export function elementsOf(rows: Rows, operands: readonly (Operand | undefined)[], planner: Planner): readonly Piece[] {
  const boxes = boxesOf(wholeOf(rows), operands, planner.mostBytes, [0, 1, 2]);
  if (boxes === undefined) throw new RangeError("a window of one element is too large");
  return boxes.map((box) => bound(box, planner));
}

/** What a kernel needs to know in order to number rows and elements as the whole plan does. */
export function numbering({ classes, inner }: Rows, from: Three): Readonly<Record<string, number>> {
  return { wholeClasses: classes, wholeInner: inner, fromOuter: from[0], fromClasses: from[1], fromInner: from[2] };
}

/** Whether the classes of a single row can be bound, or brought together. */
export function rowFits({ classes, inner }: Rows, { strides, dtype }: Operand, mostBytes: number): boolean {
  const bytes = dtype === "f32" ? 4 : 2;
  const isDense = inner === 1 || strides[1] === 1;
  return classes * (isDense ? bytes : 4) <= mostBytes - 256;
}

function bound(box: Box, { mostBytes }: Planner): Piece {
  const map = <O extends Operand | undefined>(operand: O): O => within(operand, box, mostBytes) as O;
  return { rows: rowsOf(box), from: box.from, before: [], after: [], input: map, output: map };
}

function broughtTogether(box: Box, scratch: Operand["buffer"][], most: number, planner: Planner): Piece {
  const [, classes, count] = box.size;
  const dense: Box = { from: [0, 0, 0], size: box.size };
  const before: Dispatch[] = [];
  const after: Dispatch[] = [];
  let used = 0;
  const memory = (): Operand => {
    const buffer = (scratch[used++] ??= planner.scratch(4 * classes * most));
    return { buffer, dtype: "f32", offset: 0, strides: [classes * count, count, 1] };
  };
  const mapped = <O extends Operand | undefined>(
    operand: O,
    brought: (operand: Operand, memory: Operand) => void,
  ): O => {
    if (operand === undefined || fits(operand, box, planner.mostBytes))
      return within(operand, box, planner.mostBytes) as O;
    const there = memory();
    brought(operand, there);
    return there as O;
  };
  return {
    rows: rowsOf(box),
    from: box.from,
    before,
    after,
    input: (operand) => mapped(operand, (from, to) => before.push(...copied(from, box, to, dense, planner))),
    output: (operand) => mapped(operand, (to, from) => after.push(...copied(from, dense, to, box, planner))),
  };
}

/** From one box to another, class by class. */
function copied(from: Operand, source: Box, to: Operand, target: Box, planner: Planner): Dispatch[] {
  const [, classes, count] = source.size;
  return Array.from({ length: classes }, (_, c) => {
    const input = within(from, part(source, 1, c, 1), planner.mostBytes);
    const output = within(to, part(target, 1, c, 1), planner.mostBytes);
    return copyOf([count], [from.strides[2]], input, output, planner);
  });
}
