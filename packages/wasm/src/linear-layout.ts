import { FILTER_CLASSES, type LinearCrossEntropyPlan } from "@surprisal/core";

/** Working memory of a linear plan: where each part lies in it, in bytes from its start. See kernels/linear.ts. */
export interface LinearLayout {
  readonly bytes: number;
  /** Rows that are computed at a time. */
  readonly blockRows: number;
  /** Numbers from one row of logits to the next. */
  readonly pitch: number;
  /** Numbers from one class to the next where the matrix' gradient is added up. */
  readonly sumPitch: number;
  readonly counter: number;
  readonly list: number;
  readonly labels: number;
  readonly weights: number;
  readonly upstreams: number;
  readonly losses: number;
  readonly biasSums: number;
  /** Where the matrix' gradient is added up; undefined: in its own memory. */
  readonly matrixSums: number | undefined;
  readonly logits: number;
  readonly packedRows: number;
  readonly packedFeatures: number;
  readonly hiddenSums: number;
  /** Of the gradient filter: a byte for each span of each row of a block, `spans` for a row; an f64 for each row. */
  readonly skips: number;
  readonly spans: number;
  readonly masses: number;
}

/** The rows at hand, among those that count. */
export interface Block {
  readonly first: number;
  readonly count: number;
}

const LINE = 64;
/** Rows of a block at most: enough that what is done once for a block does not count. */
const MOST_ROWS = 256;
/** Rows go in multiples of this, a group: kernels/gemm.ts. */
const GROUP = 8;

/** Working memory of at most `maxBytes`, for numbers of `width` bytes; or how many it would take at least. */
export function layOutLinear(plan: LinearCrossEntropyPlan, width: 4 | 8): LinearLayout | number {
  const least = layOutBlocks(plan, width, GROUP);
  if (least.bytes > plan.maxBytes) return least.bytes;
  const rowBytes = (layOutBlocks(plan, width, 2 * GROUP).bytes - least.bytes) / GROUP;
  const fitting = GROUP * (1 + Math.floor((plan.maxBytes - least.bytes) / (GROUP * rowBytes)));
  const wanted = GROUP * Math.max(1, Math.ceil(plan.rows.outer / GROUP));
  return layOutBlocks(plan, width, Math.min(MOST_ROWS, fitting, wanted));
}

function layOutBlocks(plan: LinearCrossEntropyPlan, width: number, blockRows: number): LinearLayout {
  const { rows, features, matrixGradient, hiddenGradient, biasGradient, filter } = plan;
  const spans = Math.ceil(rows.classes / FILTER_CLASSES);
  let bytes = 0;
  const take = (size: number): number => {
    const start = bytes;
    bytes += Math.ceil(size / LINE) * LINE;
    return start;
  };
  const padded = Math.ceil(features / GROUP) * GROUP;
  // An odd number of cache lines, so that the numbers of a column do not fall into a few sets of the cache.
  const lines = Math.ceil((rows.classes * width) / LINE) + 1;
  const pitch = ((lines + 1 - (lines % 2)) * LINE) / width;
  const sumsBeside = matrixGradient !== undefined && !isInPlace(matrixGradient, width);
  const sumPitch = matrixGradient === undefined || sumsBeside ? padded : matrixGradient.strides[0];
  return {
    counter: take(4),
    list: take(rows.outer * 4),
    labels: take(rows.outer * 4),
    weights: take(plan.rowWeight === undefined ? 0 : rows.outer * width),
    upstreams: take(typeof plan.upstream === "number" ? 0 : rows.outer * width),
    losses: take(plan.reduce ? 0 : rows.outer * 8),
    biasSums: take(biasGradient === undefined ? 0 : (rows.classes + GROUP) * 8),
    matrixSums: sumsBeside ? take(rows.classes * padded * width) : undefined,
    logits: take(blockRows * pitch * width),
    packedRows: take(blockRows * features * width),
    packedFeatures: take(matrixGradient === undefined ? 0 : blockRows * padded * width),
    hiddenSums: take(hiddenGradient === undefined ? 0 : blockRows * padded * width),
    skips: take(filter === undefined ? 0 : blockRows * spans),
    spans,
    masses: take(filter === undefined ? 0 : rows.outer * 8),
    bytes,
    blockRows,
    pitch,
    sumPitch,
  };
}

/** Whether products can be added up where the gradient lies. */
function isInPlace({ dtype, strides }: NonNullable<LinearCrossEntropyPlan["matrixGradient"]>, width: number): boolean {
  return dtype === (width === 8 ? "f64" : "f32") && strides[1] === 1;
}
