import type { FoundCause } from "../metrics/non-finite.ts";
import { allocateRowBlock, type RowBlock, sliceRows } from "../metrics/row-block.ts";

/** One row as a test says it; what is absent is like that of a plain row. */
export interface RowSpec {
  readonly kept?: boolean;
  readonly loss?: number;
  readonly weight?: number;
  readonly rank?: number;
  readonly targetProbability?: number;
  readonly maxProbability?: number;
  readonly entropy?: number;
  readonly target?: number;
  readonly prediction?: number;
  /** Of a loss that is not finite. */
  readonly cause?: FoundCause;
}

/** Rows as a block. */
export function rowBlock(rows: readonly RowSpec[], firstRow: number = 0): RowBlock {
  const block = allocateRowBlock(rows.length, firstRow);
  for (const [i, row] of rows.entries()) {
    const kept = row.kept !== false;
    block.kept[i] = kept ? 1 : 0;
    block.loss[i] = kept ? (row.loss ?? 1) : 0;
    block.weight[i] = kept ? (row.weight ?? 1) : 0;
    block.rank[i] = kept ? (row.rank ?? 1) : 0;
    block.targetProbability[i] = row.targetProbability ?? 0.5;
    block.maxProbability[i] = row.maxProbability ?? 0.5;
    block.entropy[i] = row.entropy ?? 1;
    block.target[i] = row.target ?? 0;
    block.prediction[i] = row.prediction ?? 0;
    const loss = block.loss[i];
    if (Number.isFinite(loss)) continue;
    const cause = row.cause ?? { cause: "logit-nan", class: 1 };
    block.nonFinite.push({ row: firstRow + i, target: row.target ?? 0, loss, ...cause });
  }
  return block;
}

/** Rows as they come, drawn from a seed: weighted or not, ignored, without a softmax, of infinite loss. */
export function someRows(seed: number, count: number, classes: number): RowSpec[] {
  const draw = generator(seed);
  const label = (): number => Math.floor(draw() * classes);
  return Array.from({ length: count }, (): RowSpec => {
    const kind = draw();
    if (kind < 0.1) return { kept: false, target: label() };
    if (kind < 0.2) return brokenRow(BROKEN_LOSSES[Math.floor(draw() * BROKEN_LOSSES.length)] ?? NaN, label());
    const targetProbability = draw() ** 4;
    const loss = -Math.log(targetProbability);
    return {
      loss: kind < 0.5 ? Math.fround(loss) : loss,
      weight: kind < 0.6 ? 1 : draw() * 3,
      rank: 1 + label(),
      targetProbability,
      maxProbability: Math.max(targetProbability, draw()),
      entropy: draw() * 3,
      target: label(),
      prediction: label(),
    };
  });
}

const BROKEN_LOSSES = [NaN, Infinity, -Infinity, 1e300, -1];

function brokenRow(loss: number, target: number): RowSpec {
  const none = { targetProbability: NaN, maxProbability: NaN, entropy: NaN };
  const cause: FoundCause = Number.isNaN(loss)
    ? { cause: "logits-all-minus-infinite", class: -1 }
    : { cause: "target-logit-minus-infinite", class: target };
  return { ...none, loss, target, rank: 0, prediction: -1, cause };
}

/** Numbers in (0, 1) from a seed (Park & Miller's generator, which is good enough for rows). */
function generator(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** A block cut into pieces of some lengths, used again and again, in an order made from `order`. */
export function piecesOf(block: RowBlock, lengths: readonly number[], order: number): RowBlock[] {
  const pieces: RowBlock[] = [];
  for (let from = 0; from < block.rows;) {
    const length = lengths[pieces.length % lengths.length] ?? 1;
    const to = Math.min(block.rows, from + length);
    pieces.push(sliceRows(block, from, to));
    from = to;
  }
  const places = pieces.map((piece, i) => ({ piece, place: Math.imul(i + 1, order | 1) >>> 0 }));
  return places.toSorted((a, b) => a.place - b.place).map(({ piece }) => piece);
}
