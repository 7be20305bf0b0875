import type { CopyPlan, Rows } from "@surprisal/core";

/** A part of a copy that has at most three dims: `outer` × `classes` lines of `inner` elements. */
export interface CopyPart {
  readonly rows: Rows;
  /** Steps of the input. */
  readonly strides: readonly [number, number, number];
  /** Where it begins, after the plan's own beginnings, in elements of the input and of the output. */
  readonly offsets: readonly [number, number];
}

/** Elements of a line that is cut for several threads. */
const LINE = 16_384;

/** A view of any rank in parts of three dims, the fewest that do. */
export function partsOf({ shape, input }: CopyPlan): CopyPart[] {
  const merged = mergeDims(shape, input.strides);
  if (merged.some(({ size }) => size === 0)) return [];
  while (merged.length > 1 && merged.length < 3) merged.unshift({ size: 1, stride: 0 });
  if (merged.length <= 1) return [oneLine(merged[0]?.size ?? 1, merged[0]?.stride ?? 0)].flat();
  const [outer, classes, inner] = merged.slice(-3) as [Dim, Dim, Dim];
  const rows = { outer: outer.size, classes: classes.size, inner: inner.size };
  const strides = [outer.stride, classes.stride, inner.stride] as const;
  const part = outer.size * classes.size * inner.size;
  return starts(merged.slice(0, -3)).map((start, i) => ({ rows, strides, offsets: [start, i * part] }));
}

interface Dim {
  readonly size: number;
  readonly stride: number;
}

/** Neighbouring dims that one step walks are one; dims of one element are none. */
function mergeDims(shape: readonly number[], strides: readonly number[]): Dim[] {
  const dims: Dim[] = [];
  for (const [d, size] of shape.entries()) {
    const stride = strides[d] ?? 0;
    const last = dims.at(-1);
    if (size === 1) continue;
    if (last !== undefined && last.stride === stride * size) dims[dims.length - 1] = { size: last.size * size, stride };
    else dims.push({ size, stride });
  }
  return dims;
}

/** One long line as lines that can go to several threads, and what is left. */
function oneLine(size: number, stride: number): CopyPart[] {
  const lines = Math.floor(size / LINE);
  const done = lines * LINE;
  const whole: CopyPart = {
    rows: { outer: 1, classes: lines, inner: LINE },
    strides: [0, LINE * stride, stride],
    offsets: [0, 0],
  };
  const rest: CopyPart = {
    rows: { outer: 1, classes: 1, inner: size - done },
    strides: [0, 0, stride],
    offsets: [done * stride, done],
  };
  return [...(lines > 0 ? [whole] : []), ...(size > done ? [rest] : [])];
}

/** Where the elements of leading dims begin, in row-major order. */
function starts(dims: readonly Dim[]): number[] {
  return dims.reduce<number[]>(
    (before, { size, stride }) => before.flatMap((start) => Array.from({ length: size }, (_, i) => start + i * stride)),
    [0],
  );
}
