import { type DeviceBuffer, FILTER_CLASSES, type Operand } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { canBind, windowed } from "./boxes.ts";
import { copy } from "./copy.ts";
import { dispatch, Operands, type Planner } from "./planner.ts";

/** c(m, n) = Σ a(m, k)·b(k, n) + bias(n). The steps of a, b and c are their first two strides, that of the bias is its second. */
export interface Product {
  readonly a: Operand;
  readonly b: Operand;
  readonly c: Operand;
  readonly bias?: Operand | undefined;
  /** Of m or k there is only as much as the device counts: the dimension, and where it has counted. */
  readonly limit?: Limit;
  /** a is a gradient of logits, of which there is nothing where the gradient filter has left it out. */
  readonly filter?: TileFilter | undefined;
  /** m, k, n. */
  readonly size: readonly [m: number, k: number, n: number];
  readonly flags: readonly string[];
  /** Whether it is added to what c has. */
  readonly accumulate?: boolean;
}

/** The number of rows that are kept in a block, `start` of them before this part. */
export interface Limit {
  readonly along: "m" | "k";
  readonly counts: DeviceBuffer;
  readonly block: number;
  readonly start?: number;
}

/** What the gradient filter has marked (gradient-filter.ts), and where a begins in it. */
export interface TileFilter {
  /** The dimension that rows of logits lie along; their classes lie along the other. */
  readonly rows: "m" | "k";
  readonly marks: DeviceBuffer;
  /** Spans of a row. */
  readonly spans: number;
  readonly firstRow: number;
  readonly firstClass: number;
}

/** Dimensions of a product, by their number in `size`. */
const [M, K, N] = [0, 1, 2] as const;
type Dimension = typeof M | typeof K | typeof N;

/** A matrix product, cut where its matrices cannot be bound as a whole. */
export function product(whole: Product, planner: Planner): readonly Dispatch[] {
  const { a, b, c, size } = whole;
  const fits = (operand: Operand, rows: Dimension, columns: Dimension): boolean =>
    canBind(operand, extentOf(operand, size[rows], size[columns]), planner.mostBytes);
  const [aFits, bFits, cFits] = [fits(a, M, K), fits(b, K, N), fits(c, M, N)];
  if (aFits && bFits && cFits) return [kernelOf(whole, planner)];
  if (c.dtype !== "f32" && !(aFits && bFits)) return roundedOnce(whole, planner);
  const along = !aFits ? larger(a, M, K, size) : !bFits ? larger(b, K, N, size) : larger(c, M, N, size);
  const half = Math.ceil(size[along] / 2);
  return [
    ...product(partOf(whole, along, 0, half), planner),
    ...product(partOf(whole, along, half, size[along] - half), planner),
  ];
}

/** Parts along k are added up in f32, and rounded at the end. */
function roundedOnce(whole: Product, planner: Planner): readonly Dispatch[] {
  const [m, , n] = whole.size;
  const sums: Operand = { buffer: planner.scratch(4 * m * n), dtype: "f32", offset: 0, strides: [n, 1, 0] };
  return [...product({ ...whole, c: sums }, planner), ...converted(sums, [m, n], whole.c, planner)];
}

/** Dense sums that were kept in f32, in the dtype of a dense output. */
export function converted(
  sums: Operand,
  shape: readonly [number, number],
  output: Operand,
  planner: Planner,
): readonly Dispatch[] {
  const { dtype, offset, buffer, strides } = sums;
  return copy({ kind: "copy", shape, input: { dtype, offset, buffer, strides: strides.slice(0, 2) }, output }, planner);
}

function extentOf({ strides }: Operand, rows: number, columns: number): number {
  return Math.max(0, rows - 1) * strides[0] + Math.max(0, columns - 1) * strides[1] + 1;
}

/** The dimension to cut: of the larger steps, unless there is only one. */
function larger({ strides }: Operand, rows: Dimension, columns: Dimension, size: Product["size"]): Dimension {
  const byRows = strides[0] * (size[rows] - 1) >= strides[1] * (size[columns] - 1);
  return byRows ? rows : columns;
}

/** So many of a dimension, from one on. */
function partOf(whole: Product, along: Dimension, start: number, count: number): Product {
  const { a, b, c, bias, limit, filter, accumulate = false } = whole;
  const moved = (operand: Operand, rows: Dimension, columns: Dimension): Operand => {
    const step = along === rows ? operand.strides[0] : along === columns ? operand.strides[1] : 0;
    return { ...operand, buffer: operand.buffer, offset: operand.offset + start * step };
  };
  const later = along === K && start > 0;
  const limited = limit?.along === (along === M ? "m" : along === K ? "k" : undefined);
  const [m, k, n] = whole.size;
  return {
    ...whole,
    a: moved(a, M, K),
    b: moved(b, K, N),
    c: moved(c, M, N),
    bias: later ? undefined : bias && moved({ ...bias, buffer: bias.buffer, strides: [0, bias.strides[1], 0] }, M, N),
    ...(limit && { limit: { ...limit, counts: limit.counts, start: (limit.start ?? 0) + (limited ? start : 0) } }),
    filter: filter && movedFilter(filter, along, start),
    size: [along === M ? count : m, along === K ? count : k, along === N ? count : n],
    accumulate: accumulate || later,
  };
}

function movedFilter(filter: TileFilter, along: Dimension, start: number): TileFilter {
  if (along === N) return filter;
  return (filter.rows === "m") === (along === M)
    ? { ...filter, firstRow: filter.firstRow + start }
    : { ...filter, firstClass: filter.firstClass + start };
}

/** On tiles in workgroup memory; software adapters, whose barriers are dear, read directly. */
function kernelOf(
  { a, b, c, bias, limit, filter, size, flags, accumulate = false }: Product,
  planner: Planner,
): Dispatch {
  const { software, mostBytes } = planner;
  const [m, k, n] = size;
  const edge = software ? 4 : 16;
  const tile = edge * (software ? 8 : 4);
  const bound = (operand: Operand, rows: number, columns: number): Operand =>
    windowed(operand, operand.offset, extentOf(operand, rows, columns), mostBytes);
  return dispatch({
    shaders: ["gemm", software ? "gemm-direct" : "gemm-tiles"],
    flags: [
      ...flags,
      ...(limit ? ["LIMITED", limit.along === "m" ? "LIMIT_M" : "LIMIT_K"] : []),
      ...(filter ? ["FILTERED", ...(filter.rows === "m" ? ["FILTER_ROWS_M"] : [])] : []),
      ...(bias ? ["BIAS"] : []),
      ...(accumulate ? ["ACCUMULATE"] : []),
    ],
    constants: { EDGE: edge, ...(filter && { SPAN: FILTER_CLASSES }) },
    integers: {
      m,
      k,
      n,
      ...(limit && { block: limit.block, start: limit.start ?? 0 }),
      ...(filter && { spans: filter.spans, firstRow: filter.firstRow, firstClass: filter.firstClass }),
    },
    given: new Operands()
      .add("a", bound(a, m, k))
      .add("b", bound(b, k, n))
      .add("bias", bias)
      .words("counts", limit?.counts)
      .words("spans", filter?.marks)
      .add("c", bound(c, m, n), accumulate ? "both" : "out"),
    groups: Math.ceil(m / tile) * Math.ceil(n / tile),
  });
}
