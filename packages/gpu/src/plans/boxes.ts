import { bytesOf, type Operand, type Rows } from "@surprisal/core";

// A device binds only so many bytes of a buffer to a kernel. Where an operand has more, the plan is cut into boxes, and of each operand
// a window is bound that holds the elements of the box.

/** Sizes along `outer`, `classes` and `inner`, or where to start there. */
export type Three = readonly [number, number, number];

/** A part of a plan's elements. */
export interface Box {
  readonly from: Three;
  readonly size: Three;
}

/** The part of a buffer that is bound, in bytes. */
export interface Window {
  readonly at: number;
  readonly bytes: number;
}

/** An operand of which maybe only a window is bound: then `offset` counts from there. */
export interface Windowed extends Operand {
  readonly window?: Window | undefined;
}

/** Windows begin at multiples of this; no device asks for more. */
const ALIGNMENT = 256;

/** All elements. */
export function wholeOf({ outer, classes, inner }: Rows): Box {
  return { from: [0, 0, 0], size: [outer, classes, inner] };
}

/** The same sizes as rows. */
export function rowsOf({ size: [outer, classes, inner] }: Box): Rows {
  return { outer, classes, inner };
}

/** Where the operand's elements in a box begin, and how many elements further they end. */
function extentOf({ offset, strides }: Operand, { from, size }: Box): readonly [number, number] {
  const start = offset + from[0] * strides[0] + from[1] * strides[1] + from[2] * strides[2];
  const last = (along: 0 | 1 | 2): number => Math.max(0, size[along] - 1) * strides[along];
  return [start, last(0) + last(1) + last(2) + 1];
}

/** Whether all of the operand's elements in a box can be bound. */
export function fits(operand: Operand, box: Box, mostBytes: number): boolean {
  return canBind(operand, extentOf(operand, box)[1], mostBytes);
}

/**
 * Parts of a box that can be bound, cut along dimensions that may be cut, the first of them first. Undefined where even a single
 * element of each of these dimensions is too much.
 */
export function boxesOf(
  box: Box,
  operands: readonly (Operand | undefined)[],
  mostBytes: number,
  along: readonly (0 | 1 | 2)[] = [0, 2],
): readonly Box[] | undefined {
  const there = operands.filter((operand) => operand !== undefined);
  if (there.every((operand) => fits(operand, box, mostBytes))) return [box];
  const cut = along.find((dimension) => box.size[dimension] > 1);
  if (cut === undefined) return undefined;
  const half = Math.ceil(box.size[cut] / 2);
  const left = boxesOf(part(box, cut, 0, half), there, mostBytes, along);
  const right = left && boxesOf(part(box, cut, half, box.size[cut] - half), there, mostBytes, along);
  return right && [...left, ...right];
}

/** So many elements along a dimension, from one on. */
export function part({ from, size }: Box, along: 0 | 1 | 2, start: number, count: number): Box {
  const replaced = (three: Three, value: number): Three => [
    along === 0 ? value : three[0],
    along === 1 ? value : three[1],
    along === 2 ? value : three[2],
  ];
  return { from: replaced(from, from[along] + start), size: replaced(size, count) };
}

/** The operand as the box alone has it, with a window where its buffer cannot be bound as a whole. */
export function within<O extends Operand | undefined>(operand: O, box: Box, mostBytes: number): O | Windowed {
  return operand && windowed(operand, ...extentOf(operand, box), mostBytes);
}

/** The operand from element `start` on, with a window of `count` elements where its buffer cannot be bound as a whole. */
export function windowed<O extends Omit<Operand, "strides">>(
  operand: O,
  start: number,
  count: number,
  mostBytes: number,
): O & { readonly window?: Window } {
  const bytes = bytesOf(operand.dtype);
  if (operand.buffer.byteLength <= mostBytes) return { ...operand, buffer: operand.buffer, offset: start };
  const at = Math.floor((start * bytes) / ALIGNMENT) * ALIGNMENT;
  const end = Math.ceil(((start + count) * bytes) / 4) * 4;
  return { ...operand, buffer: operand.buffer, offset: start - at / bytes, window: { at, bytes: end - at } };
}

/** Whether so many elements of the operand can be bound. */
export function canBind(
  { buffer, dtype }: Pick<Operand, "buffer" | "dtype">,
  count: number,
  mostBytes: number,
): boolean {
  return buffer.byteLength <= mostBytes || count * bytesOf(dtype) <= mostBytes - ALIGNMENT;
}
