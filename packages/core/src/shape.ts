import { OptionError, ShapeError } from "./errors.ts";

/**
 * How every kernel sees a tensor: `outer × classes × inner`, with the class axis in the middle. Logits of shape
 * `[N, C, d1 … dK]` are `{ outer: N, classes: C, inner: d1 · … · dK }`; element `(o, c, i)` of a dense tensor is at
 * `(o · classes + c) · inner + i`. A *row* is one position `(o, i)`: its logits over the classes.
 */
export interface Rows {
  readonly outer: number;
  readonly classes: number;
  readonly inner: number;
}

/** Steps in elements along `outer`, `classes` and `inner`; 0 repeats. */
export type Strides = readonly [outer: number, classes: number, inner: number];

/** Number of elements. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (let d = 0; d < shape.length; d++) size *= shape[d] ?? 1;
  return size;
}

/** Steps, in elements, of a dense row-major tensor. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d] ?? 1;
  }
  return strides;
}

/** Whether a view's elements lie densely in row-major order. */
export function isDense(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    const size = shape[d] ?? 1;
    if (size !== 1 && strides[d] !== step) return sizeOf(shape) === 0;
    step *= size;
  }
  return true;
}

/** Equal ranks and sizes. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let d = 0; d < a.length; d++) if (a[d] !== b[d]) return false;
  return true;
}

/** `[2, 3]`, for messages. */
export function show(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** A dim counted from the end when negative; as in PyTorch, a scalar has the dims 0 and −1. */
export function normalizeDim(dim: number, rank: number, where: string): number {
  const limit = Math.max(rank, 1);
  if (!Number.isInteger(dim) || dim < -limit || dim >= limit) {
    throw new OptionError("dim", `${where}: dim must be an integer in [${-limit}, ${limit - 1}]; got ${dim}`, {
      dim,
      rank,
    });
  }
  return dim < 0 ? dim + limit : dim;
}

/** The geometry with `dim` as class axis. A scalar is one row of one class. */
export function rowsOf(shape: readonly number[], dim: number): Rows {
  let outer = 1;
  let inner = 1;
  for (let d = 0; d < dim; d++) outer *= shape[d] ?? 1;
  for (let d = dim + 1; d < shape.length; d++) inner *= shape[d] ?? 1;
  return { outer, classes: shape[dim] ?? 1, inner };
}

/** The one step that walks dims `from … to − 1` in row-major order, or undefined where no single step does. */
function foldStride(
  shape: readonly number[],
  strides: readonly number[],
  from: number,
  to: number,
): number | undefined {
  let folded: number | undefined;
  let span = 1;
  for (let d = to - 1; d >= from; d--) {
    const size = shape[d] ?? 1;
    const stride = strides[d] ?? 0;
    if (size === 1) continue;
    if (folded === undefined) folded = stride;
    else if (stride !== folded * span) return undefined;
    span *= size;
  }
  return folded ?? 0;
}

/** A view's steps over `rowsOf(shape, dim)`, or undefined where its outer or inner dims do not fold into one step. */
export function foldRows(shape: readonly number[], strides: readonly number[], dim: number): Strides | undefined {
  const outer = foldStride(shape, strides, 0, dim);
  const inner = foldStride(shape, strides, dim + 1, shape.length);
  if (outer === undefined || inner === undefined) return undefined;
  return [outer, shape[dim] === 1 ? 0 : (strides[dim] ?? 0), inner];
}

/** The strides that stretch a view of `shape` over `to` by repeating (0) along missing dims and dims of size 1. */
export function broadcastStrides(
  shape: readonly number[],
  strides: readonly number[],
  to: readonly number[],
): number[] | undefined {
  const lead = to.length - shape.length;
  if (lead < 0) return undefined;
  const out = new Array<number>(to.length).fill(0);
  for (let d = 0; d < shape.length; d++) {
    if (shape[d] === to[lead + d]) out[lead + d] = shape[d] === 1 ? 0 : (strides[d] ?? 0);
    else if (shape[d] !== 1) return undefined;
  }
  return out;
}

/** The shape that both broadcast to, as in NumPy and PyTorch. */
export function broadcastShapes(a: readonly number[], b: readonly number[], where: string): number[] {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let d = 0; d < rank; d++) {
    const x = a[a.length - rank + d] ?? 1;
    const y = b[b.length - rank + d] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError("shape", `${where}: shapes ${show(a)} and ${show(b)} do not broadcast`, { a, b });
    }
    out[d] = x === 1 ? y : x;
  }
  return out;
}

/**
 * One geometry for several views of the same shape, for element-wise work that has no class axis: neighbouring dims are
 * merged wherever every view allows it. Undefined when more than three dims remain.
 */
export function foldTogether(
  shape: readonly number[],
  views: readonly (readonly number[])[],
): { rows: Rows; strides: Strides[] } | undefined {
  const groups: { from: number; to: number }[] = [];
  for (let to = shape.length; to > 0;) {
    let from = to - 1;
    while (from > 0 && views.every((strides) => foldStride(shape, strides, from - 1, to) !== undefined)) from--;
    groups.unshift({ from, to });
    to = from;
  }
  if (groups.length > 3) return undefined;
  // One group lies along the classes, two along outer and classes: the middle axis is the one that kernels run along.
  if (groups.length < 3) groups.push({ from: 0, to: 0 });
  while (groups.length < 3) groups.unshift({ from: 0, to: 0 });
  const sizes = groups.map(({ from, to }) => sizeOf(shape.slice(from, to)));
  const strides = views.map((view) => groups.map(({ from, to }) => foldStride(shape, view, from, to) ?? 0));
  return { rows: asRows(sizes), strides: strides.map(asStrides) };
}

function asRows([outer = 1, classes = 1, inner = 1]: readonly number[]): Rows {
  return { outer, classes, inner };
}

function asStrides([outer = 0, classes = 0, inner = 0]: readonly number[]): Strides {
  return [outer, classes, inner];
}

/** Throws unless `shape` is an array of non-negative safe integers. */
export function checkShape(shape: unknown, where: string): asserts shape is readonly number[] {
  const valid =
    Array.isArray(shape) && shape.every((size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0);
  if (!valid)
    throw new ShapeError("shape", `${where}: shape must be an array of integers ≥ 0; got ${String(shape)}`, { shape });
}

/** The shape that `reshape(to)` means for elements of shape `from`: one size may be −1. */
export function inferShape(to: readonly number[], from: readonly number[]): readonly number[] {
  const size = sizeOf(from);
  const known = to.reduce((product, n) => (n === -1 ? product : product * n), 1);
  const unknown = to.filter((n) => n === -1).length;
  const shape = unknown === 1 && known > 0 ? to.map((n) => (n === -1 ? size / known : n)) : [...to];
  if (sameShape(shape, from)) return shape;
  if (shape.some((n) => !Number.isInteger(n) || n < 0) || sizeOf(shape) !== size) {
    throw new ShapeError("shape", `reshape: ${show(from)} has ${size} elements; ${show(to)} does not`, { from, to });
  }
  return shape;
}
