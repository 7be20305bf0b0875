import type { CrossEntropyPlan, DeviceBuffer, LinearCrossEntropyPlan, Operand, PlanParts, Rows } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { lossPasses, partsOfSum, total } from "./cross-entropy.ts";
import { dispatch, Operands, PART_BYTES, type Planner } from "./planner.ts";
import { cleared, discarded, filterBytes, type Filtering, filteringOf, marked, tileFilter } from "./gradient-filter.ts";
import { KEPT_BYTES, keptRows, type KeptRows, moved, type Together } from "./kept-rows.ts";
import { converted, type Limit, product } from "./product.ts";
import { mostSegmentBytes } from "./segments.ts";

// Block of rows by block of rows: those that are kept are brought together, their logits go into working memory, cross entropy in place of
// these, and two more products carry the gradient back.

/** Working memory by what it depends on. */
interface Memory {
  readonly fixed: number;
  readonly perRow: number;
}

function memoryOf(plan: LinearCrossEntropyPlan): Memory {
  const { rows, features, matrixGradient, biasGradient } = plan;
  const sums = matrixGradient !== undefined && matrixGradient.dtype !== "f32" ? 4 * rows.classes * features : 0;
  const biasSums = biasGradient === undefined ? 0 : 8 * rows.classes;
  const ofFilter = filterBytes(plan);
  return {
    fixed: sums + biasSums + (PART_BYTES + KEPT_BYTES + ofFilter.perRow) * rows.outer,
    perRow: 4 * Math.max(1, rows.classes) + 4 * features + mostSegmentBytes(rows) + ofFilter.perBlockRow,
  };
}

/** Why the layer cannot be computed within `maxBytes`, or where no more than `mostBytes` of a buffer can be bound. */
export function linearRefusal(plan: LinearCrossEntropyPlan, mostBytes: number): string | undefined {
  const { classes, outer } = plan.rows;
  const largest = Math.max(8 * classes, 4 * plan.features, PART_BYTES * outer);
  if (largest > mostBytes) return `this device binds ${mostBytes} bytes at a time; ${largest} are needed`;
  const { fixed, perRow } = memoryOf(plan);
  const needed = fixed + perRow;
  return needed > plan.maxBytes ? `maxBytes is ${plan.maxBytes}; at least ${needed} are needed` : undefined;
}

/** What is left of memory that is rounded up (pool.ts). */
const ROUNDED = 16 / 17;

/** Rows of a block are a multiple of this, where there is room: whole tiles. */
const WHOLE = 64;

function blockRows(plan: LinearCrossEntropyPlan, mostBytes: number): number {
  const { fixed, perRow } = memoryOf(plan);
  const room = Math.min(plan.maxBytes - fixed, mostBytes) * ROUNDED;
  const bound = Math.floor(mostBytes / (4 * Math.max(1, plan.features)));
  const fit = Math.max(1, Math.min(bound, Math.floor(room / perRow)));
  const whole = fit >= WHOLE ? fit - (fit % WHOLE) : fit;
  return Math.min(whole, Math.max(1, plan.rows.outer));
}

/** In what parts the layer is computed. */
export function linearParts(plan: LinearCrossEntropyPlan, mostBytes: number): PlanParts {
  const { rows, hiddenGradient, matrixGradient } = plan;
  const { fixed, perRow } = memoryOf(plan);
  const size = blockRows(plan, mostBytes);
  const wanted = [hiddenGradient, matrixGradient].filter((gradient) => gradient !== undefined);
  return {
    blockRows: size,
    blockClasses: rows.classes,
    products: 1 + wanted.length,
    workingBytes: fixed + perRow * size,
  };
}

/** Everything that the blocks share. */
interface Shared {
  readonly plan: LinearCrossEntropyPlan;
  readonly planner: Planner;
  readonly slopes: DeviceBuffer;
  /** Rows that are kept, and their hidden states together; at last the gradient of these. */
  readonly kept: KeptRows;
  readonly together: DeviceBuffer;
  readonly partial: DeviceBuffer | undefined;
  readonly matrixSums: DeviceBuffer | undefined;
  readonly biasSums: DeviceBuffer | undefined;
  readonly filtering: Filtering | undefined;
  readonly backward: boolean;
}

/** Rows `first …`, count of them; and the how manieth it is. */
interface Block {
  readonly number: number;
  readonly first: number;
  readonly count: number;
  readonly last: boolean;
}

/** All kernels of the layer. */
export function linear(plan: LinearCrossEntropyPlan, planner: Planner): Dispatch[] {
  const { rows, features, hiddenGradient, matrixGradient, biasGradient, reduce } = plan;
  const size = blockRows(plan, planner.mostBytes);
  const { kernel, ...kept } = keptRows(plan, size, planner);
  const backward = [hiddenGradient, matrixGradient, biasGradient].some((gradient) => gradient !== undefined);
  const beside = matrixGradient !== undefined && matrixGradient.dtype !== "f32";
  const shared: Shared = {
    plan,
    planner,
    backward,
    slopes: planner.scratch(4 * size * Math.max(1, rows.classes)),
    kept,
    together: planner.scratch(4 * size * Math.max(1, features)),
    partial: reduce ? planner.scratch(PART_BYTES * Math.max(1, rows.outer)) : undefined,
    matrixSums: beside ? planner.scratch(4 * rows.classes * features) : undefined,
    biasSums: biasGradient && planner.scratch(8 * rows.classes),
    filtering: filteringOf(plan, size, planner),
  };
  const kernels: Dispatch[] = [kernel];
  let parts = 0;
  for (let first = 0; first < Math.max(1, rows.outer); first += size) {
    const count = Math.min(size, rows.outer - first);
    const block: Block = { number: first / size, first, count, last: first + size >= rows.outer };
    const loss = lossOf(shared, block, parts);
    const bring = moved(hiddenRows(shared, block, plan.hidden), kept, "together", planner);
    const { mark, clear } = filterOf(shared, block);
    kernels.push(...bring, ...logits(shared, block), ...mark, ...loss.kernels, ...clear, ...gradients(shared, block));
    parts += loss.parts;
  }
  if (shared.partial !== undefined) kernels.push(total(plan, shared.partial, parts, planner));
  if (shared.filtering !== undefined) kernels.push(discarded(plan, shared.filtering, planner));
  return kernels;
}

/** What comes before the block's cross entropy and after it, where gradients are filtered. */
function filterOf(
  { plan, planner, filtering, kept, slopes }: Shared,
  block: Block,
): { readonly mark: readonly Dispatch[]; readonly clear: readonly Dispatch[] } {
  if (filtering === undefined || block.count === 0 || plan.rows.classes === 0) return { mark: [], clear: [] };
  return {
    mark: [marked(plan, filtering, kept, slopes, block, planner)],
    clear: [cleared(plan, filtering, kept, slopes, block, planner)],
  };
}

/** An operand in other terms: the steps of a matrix product. */
function matrixAt({ buffer, dtype }: Operand, offset: number, first: number, second: number): Operand {
  return { buffer, dtype, offset, strides: [first, second, 0] };
}

/** The block's logits, or their gradient. */
function slopesOf({ slopes, plan }: Shared): Operand {
  return { buffer: slopes, dtype: "f32", offset: 0, strides: [plan.rows.classes, 1, 0] };
}

/** The block's rows of hidden states, or of their gradient, which are brought together, or go back. */
function hiddenRows({ plan, together }: Shared, { first, count }: Block, hidden: Operand): Together {
  const [rowStep, step] = hidden.strides;
  const apart = matrixAt(hidden, hidden.offset + first * rowStep, rowStep, step);
  return { apart, first, count, features: plan.features, together };
}

/** The same rows, together. */
function togetherOf({ together, plan }: Shared): Operand {
  return { buffer: together, dtype: "f32", offset: 0, strides: [plan.features, 1, 0] };
}

function limitOf({ kept: { counts } }: Shared, { number }: Block, along: Limit["along"]): Limit {
  return { along, counts, block: number };
}

function logits(shared: Shared, block: Block): readonly Dispatch[] {
  const { matrix, bias, rows, features } = shared.plan;
  const factors = {
    a: togetherOf(shared),
    b: matrixAt(matrix, matrix.offset, matrix.strides[1], matrix.strides[0]),
    c: slopesOf(shared),
    bias,
    limit: limitOf(shared, block, "m"),
    size: [block.count, features, rows.classes],
    flags: ["A_BY_K", "B_BY_K"],
  } as const;
  return product(factors, shared.planner);
}

/** An operand from row `first` on. */
function startingAt({ buffer, dtype, offset, strides }: Operand, first: number): Operand {
  return { buffer, dtype, offset: offset + first * strides[0], strides };
}

/** Cross entropy of the block's logits, in whose place the gradient goes; and how many parts of the sum there are of it. */
function lossOf(
  shared: Shared,
  { first, count }: Block,
  partialAt: number,
): { readonly kernels: readonly Dispatch[]; readonly parts: number } {
  const { plan, planner, partial, kept, backward } = shared;
  const ours = (operand: Operand): Operand => startingAt(operand, first);
  const rows: Rows = { outer: count, classes: plan.rows.classes, inner: 1 };
  const block: CrossEntropyPlan = {
    ...plan,
    kind: "cross-entropy",
    onCpu: undefined,
    rows,
    logits: slopesOf(shared),
    target: { ...plan.target, operand: ours(plan.target.operand) },
    rowWeight: plan.rowWeight && ours(plan.rowWeight),
    upstream: typeof plan.upstream === "number" ? plan.upstream : ours(plan.upstream),
    loss: ours(plan.loss),
    stats: undefined,
    gradient: backward ? slopesOf(shared) : undefined,
    targetGradient: undefined,
  };
  const flags = [...(partial === undefined ? ["OUT_LOSS"] : ["OUT_PARTIAL"]), ...(backward ? ["OUT_GRADIENT"] : [])];
  const places = { buffer: kept.place, at: first };
  const kernels = lossPasses(block, planner, {
    flags,
    add: (to) => (partial === undefined ? to.add("loss", block.loss, "out") : to.words("partial", partial, "both")),
    partial: partial && { buffer: partial, at: partialAt, mostGroups: Infinity },
    places,
  });
  return { kernels, parts: partsOfSum(block, planner, { mostGroups: Infinity, places }) };
}

function gradients(shared: Shared, block: Block): Dispatch[] {
  const { plan, planner, kept, matrixSums, biasSums } = shared;
  const { first, count, last } = block;
  const { matrix, hiddenGradient, matrixGradient, biasGradient, rows, features } = plan;
  const { classes } = rows;
  const slopes = slopesOf(shared);
  const kernels: Dispatch[] = [];
  if (matrixGradient !== undefined) {
    const sums: Operand =
      matrixSums === undefined
        ? matrixGradient
        : { buffer: matrixSums, dtype: "f32", offset: 0, strides: [features, 1, 0] };
    const factors = {
      a: matrixAt(slopes, 0, 1, classes),
      b: togetherOf(shared),
      c: sums,
      limit: limitOf(shared, block, "k"),
      filter: tileFilter(plan, shared.filtering, "k"),
      size: [classes, count, features],
      flags: [],
      accumulate: first > 0,
    } as const;
    kernels.push(...product(factors, planner));
    if (last && matrixSums !== undefined)
      kernels.push(...converted(sums, [classes, features], matrixGradient, planner));
  }
  if (biasGradient !== undefined && biasSums !== undefined) {
    kernels.push(
      dispatch({
        shaders: ["column-sums"],
        flags: [...(first > 0 ? ["ACCUMULATE"] : []), ...(last ? ["LAST"] : [])],
        constants: { GROUP: planner.group },
        integers: { block: block.number, classes },
        given: new Operands()
          .words("slopes", slopes.buffer)
          .words("counts", kept.counts)
          .words("sums", biasSums, "both")
          .add("output", last ? biasGradient : undefined, "out"),
        groups: Math.ceil(classes / planner.group),
      }),
    );
  }
  if (hiddenGradient !== undefined) {
    const factors = {
      a: slopes,
      b: matrixAt(matrix, matrix.offset, matrix.strides[0], matrix.strides[1]),
      c: togetherOf(shared), // which nothing needs any more
      limit: limitOf(shared, block, "m"),
      filter: tileFilter(plan, shared.filtering, "m"),
      size: [count, classes, features],
      flags: ["A_BY_K"],
    } as const;
    kernels.push(
      ...product(factors, planner),
      ...moved(hiddenRows(shared, block, hiddenGradient), kept, "back", planner),
    );
  }
  return kernels;
}
