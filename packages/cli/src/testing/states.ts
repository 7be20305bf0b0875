import { Metrics } from "../metrics/metrics.ts";
import { type RowBlock, sliceRows } from "../metrics/row-block.ts";
import { DEFAULT_METRICS } from "../metrics/settings.ts";
import { shardRows } from "../state/shard.ts";
import { snapshot } from "../state/snapshot.ts";
import type { EvalState, StateSettings } from "../state/state.ts";

/** Settings of an evaluation of four classes. */
export const FOUR_CLASSES: StateSettings = {
  metrics: { classes: 4, indices: true, ...DEFAULT_METRICS },
  reduction: { reduction: "mean" },
  options: { "label-smoothing": 0.1, logits: "[8, 4] f32" },
};

/** The state of one shard of some rows, by default complete. */
export function shardState(
  block: RowBlock,
  shard: EvalState["shard"],
  { settings = FOUR_CLASSES, left = 0 }: { readonly settings?: StateSettings; readonly left?: number } = {},
): EvalState {
  const { from, to } = shardRows(block.rows, shard);
  const next = Math.max(from, to - left);
  const metrics = new Metrics(settings.metrics);
  metrics.add(sliceRows(block, from, next));
  return { settings, shard, rows: { from, to, next, total: block.rows }, metrics: snapshot(metrics) };
}

/** The states of all shards. */
export function shardStates(block: RowBlock, count: number): EvalState[] {
  return Array.from({ length: count }, (_, i) => shardState(block, { index: i + 1, count }));
}
