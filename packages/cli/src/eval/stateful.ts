import { createHash } from "node:crypto";
import { CliError, EXIT } from "../exit.ts";
import { Metrics } from "../metrics/metrics.ts";
import type { MetricSettings } from "../metrics/settings.ts";
import { shapeOf } from "../readers/array-reader.ts";
import { earlierState, writeState } from "../state/file.ts";
import { shardRows } from "../state/shard.ts";
import { restored, snapshot } from "../state/snapshot.ts";
import { isComplete, type Setting, type Shard, type StateRows, type StateSettings } from "../state/state.ts";
import type { EvaluationPlan } from "./evaluator.ts";
import type { EvalInputs } from "./inputs.ts";
import { type EvalOptions, flagOf } from "./options.ts";
import type { Range } from "./row-range.ts";

/** A shard of an evaluation that remembers in a file how far it came. */
export interface Stateful {
  /** What is left to do, in positions of the axes before the classes. */
  readonly range: Range;
  /** What was seen before. */
  readonly metrics: Metrics;
  /** Rows of the shard, and the first that is left. */
  readonly rows: StateRows;
  /** Writes the state when so many rows of the range have been seen, if it is one to go on from. @returns whether it is */
  save(seen: number): Promise<boolean>;
}

/** What else a state depends on. */
export interface StateContext {
  readonly metrics: MetricSettings;
  readonly backend: string;
  /** Asked only where the inputs do not say how many rows they have. */
  countRows(): Promise<number>;
}

/**
 * Finds out what is to be done: nothing where the state is complete, the rest with `--resume`, else all of the shard.
 * @throws CliError for usage, and for the state of another evaluation; FormatError for a file that is no state
 */
export async function openState(
  file: string,
  inputs: EvalInputs,
  plan: EvaluationPlan,
  options: EvalOptions,
  context: StateContext,
): Promise<Stateful> {
  const { outer, inner } = plan.geometry;
  const shard: Shard = options.shard ?? { index: 1, count: 1 };
  const settings = settingsOf(inputs, plan, options, context);
  const earlier = await earlierState(file, settings, shard);
  const complete = earlier !== undefined && isComplete(earlier);
  const total = outer !== undefined ? outer * inner : complete ? earlier.rows.total : await context.countRows();
  if (earlier !== undefined && earlier.rows.total !== total) {
    const message = `${file}: holds another evaluation: ${earlier.rows.total} rows, not ${total}`;
    throw new CliError(EXIT.badInput, `${message}. Move it away, or name another file`);
  }
  const whole = shardRows(inner === 0 ? 0 : total / inner, shard);
  const kept = complete || options.resume === true ? earlier : undefined;
  const metrics = kept === undefined ? new Metrics(context.metrics) : restored(kept, file);
  const next = kept?.rows.next ?? whole.from * inner;
  const rows = { from: whole.from * inner, to: whole.to * inner, next, total };
  return {
    range: { from: inner === 0 ? 0 : next / inner, to: whole.to },
    metrics,
    rows,
    async save(seen) {
      if (seen % Math.max(1, inner) !== 0) return false; // within a position nothing can begin again
      if (seen === 0 && kept !== undefined) return true;
      const state = { settings, shard, rows: { ...rows, next: next + seen }, metrics: snapshot(metrics) };
      await writeState(file, state);
      return true;
    },
  };
}

function settingsOf(
  { logits, targets, rowWeight, geometry }: EvalInputs,
  { loss, weight, fromProbabilities, posWeight }: EvaluationPlan,
  { bytes }: EvalOptions,
  { metrics, backend }: StateContext,
): StateSettings {
  const { reduction, normalizer, onEmpty, ...formula } = loss;
  if (reduction === "none") throw new CliError(EXIT.usage, "--state keeps sums: --reduction none does not go with it");
  const options: Record<string, Setting | undefined> = {
    logits: `${shapeOf(logits.shape)} ${logits.dtype}`,
    targets: `${shapeOf(targets.shape)} ${targets.dtype}, ${geometry.kind}`,
    ...Object.fromEntries(Object.entries(formula).map(([name, value]) => [flagOf(name), value as Setting])),
    "class-dim": geometry.classDim,
    "from-probabilities": fromProbabilities ? true : undefined,
    "pos-weight": posWeight,
    weight: weight && createHash("sha256").update(weight).digest("hex").slice(0, 16),
    "row-weight": rowWeight && `${shapeOf(rowWeight.shape)} ${rowWeight.dtype}`,
    backend,
  };
  return {
    metrics,
    reduction: {
      reduction: reduction ?? "mean",
      ...(normalizer !== undefined && { normalizer }),
      ...(onEmpty && { onEmpty }),
    },
    ...(bytes !== undefined && { bytes }),
    options: Object.fromEntries(
      Object.entries(options).filter((entry): entry is [string, Setting] => entry[1] !== undefined),
    ),
  };
}
