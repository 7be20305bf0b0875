import type { CrossEntropyPlan, DeviceBuffer, LinearCrossEntropyPlan, Operand } from "@surprisal/core";
import { addressOf } from "./buffer.ts";
import { type Chunks, MAX_CHUNKS } from "./chunks.ts";
import * as codes from "./codes.ts";
import type { Encoder, Work } from "./encode.ts";
import type { Block, LinearLayout } from "./linear-layout.ts";

/** What a linear plan needs of the backend. */
export interface LinearHost {
  readonly encoder: Encoder;
  /** Does what the record says. */
  perform(work: Work): void;
  /** Adds what the last `chunks` chunks have left to the partial in front of theirs, which is cleared `first`. */
  fold(chunks: number, first: boolean): void;
  /** The i32 at an address. */
  readInt(address: number): number;
}

/** Rows of hidden that are packed at a time, classes whose logits are computed, and features of their gradient: of one chunk. */
const ROWS = 8;
const CLASSES = 96;
const FEATURES = 128;

/**
 * Linear cross entropy, block of rows by block of rows: a product, cross entropy of the rows in working memory, two products back
 * (kernels/linear.ts). The rows' losses are those of a cross-entropy plan over the block, so no option is known here.
 */
export function runLinear(
  plan: LinearCrossEntropyPlan,
  layout: LinearLayout,
  memory: DeviceBuffer,
  host: LinearHost,
): void {
  const { rows, features, hiddenGradient, matrixGradient, biasGradient, filter, reduce } = plan;
  const sums = matrixGradient !== undefined || biasGradient !== undefined;
  const backward = sums || hiddenGradient !== undefined;
  const from = addressOf(memory);
  let block: Block = { first: 0, count: 0 };
  const step = (phase: number, chunks: Chunks): void =>
    host.perform(host.encoder.linear(plan, phase, chunks, layout, from, block));
  const ofClasses = cut(rows.classes, CLASSES);
  step(codes.LINEAR_SELECT, inOne(rows.outer));
  const counted = host.readInt(from + layout.counter);
  host.fold(0, true);
  do {
    block = { first: block.first, count: Math.min(layout.blockRows, counted - block.first) };
    if (block.count > 0) {
      step(codes.LINEAR_PACK, cut(Math.ceil(block.count / ROWS) * ROWS, ROWS));
      step(codes.LINEAR_LOGITS, ofClasses);
      if (filter !== undefined) step(codes.LINEAR_FILTER, cut(block.count, 1));
      const work = host.encoder.crossEntropy(blockPlan(plan, layout, memory, block, host), true);
      host.perform(work);
      host.fold(work.chunks.count, false);
      if (backward && host.encoder.linearWidth(plan) === 4) step(codes.LINEAR_FLUSH, cut(block.count, 1));
      if (filter !== undefined) step(codes.LINEAR_CLEAR, cut(block.count, 1));
      if (hiddenGradient !== undefined) step(codes.LINEAR_HIDDEN, cut(features, FEATURES));
    }
    if (sums) step(codes.LINEAR_MATRIX, ofClasses);
    block = { first: block.first + layout.blockRows, count: 0 };
  } while (block.first < counted);
  if (sums) step(codes.LINEAR_CONVERT, ofClasses);
  if (filter !== undefined) step(codes.LINEAR_DISCARDED, inOne(rows.outer));
  // The record of this step is also what the blocks' sum is merged by.
  step(codes.LINEAR_LOSSES, reduce ? cut(0, 1) : inOne(rows.outer));
}

/** Cross entropy of the rows of a block, whose gradient takes the place of the logits. */
function blockPlan(
  plan: LinearCrossEntropyPlan,
  layout: LinearLayout,
  buffer: DeviceBuffer,
  { first, count }: Block,
  host: LinearHost,
): CrossEntropyPlan {
  const dtype = host.encoder.linearWidth(plan) === 8 ? "f64" : "f32";
  const column = (of: Operand["dtype"], bytes: number, place: number): Operand => {
    return { buffer, dtype: of, offset: place / bytes + first, strides: [1, 0, 1] };
  };
  const bytes = dtype === "f64" ? 8 : 4;
  const logits: Operand = { buffer, dtype, offset: layout.logits / bytes, strides: [layout.pitch, 1, 0] };
  const { target, rowWeight, upstream, loss, hiddenGradient, matrixGradient, biasGradient } = plan;
  const gradients = [hiddenGradient, matrixGradient, biasGradient];
  return {
    ...plan,
    kind: "cross-entropy",
    onCpu: undefined,
    rows: { outer: count, classes: plan.rows.classes, inner: 1 },
    logits,
    target: { ...target, operand: column("i32", 4, layout.labels) },
    rowWeight: rowWeight && column(dtype, bytes, layout.weights),
    upstream: typeof upstream === "number" ? upstream : column(dtype, bytes, layout.upstreams),
    loss: plan.reduce ? loss : column(loss.dtype, loss.dtype === "f64" ? 8 : 4, layout.losses),
    gradient: gradients.some((gradient) => gradient !== undefined) ? logits : undefined,
    targetGradient: undefined,
    stats: undefined,
  };
}

/** Chunks of at least `least`, in multiples of it. */
function cut(rows: number, least: number): Chunks {
  const rowsPerChunk = Math.max(1, Math.ceil(rows / least / MAX_CHUNKS)) * Math.max(1, least);
  return { rows, rowsPerChunk, classesPerChunk: 1, across: 1, count: Math.ceil(rows / rowsPerChunk) };
}

/** All of it in one chunk. */
function inOne(rows: number): Chunks {
  return { rows, rowsPerChunk: Math.max(1, rows), classesPerChunk: 1, across: 1, count: 1 };
}
