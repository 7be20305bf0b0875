import type { ReductionOptions } from "../metrics/reduced.ts";
import type { MetricSettings } from "../metrics/settings.ts";
import type { NonFiniteRow } from "../metrics/non-finite.ts";
import type { RowRecord } from "../metrics/worst-rows.ts";

/** A setting of an evaluation, as text or number. */
export type Setting = string | number | boolean;

/** All that results depend on. States go together only if these are the same. */
export interface StateSettings {
  readonly metrics: MetricSettings;
  readonly reduction: ReductionOptions;
  /** Bytes of the text, for bits per byte. */
  readonly bytes?: number;
  /** All else that losses depend on: options of the loss, shapes and dtypes of what is read, the backend. */
  readonly options: Readonly<Record<string, Setting>>;
}

/** One of `count` parts of an evaluation; the first is 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** The rows of a state: from `from` to before `to`, of which those before `next` have been seen. */
export interface StateRows {
  readonly from: number;
  readonly to: number;
  readonly next: number;
  /** Rows of the whole evaluation. */
  readonly total: number;
}

/** Numbers that are not 0, each after its place: `[place, value, place, value, …]`, places ascending. */
export type Sparse<Value extends string | number> = readonly (Value | number)[];

/** A tally as plain data. Sums are in `exactText`'s form. */
export interface TallyState {
  readonly counts: Readonly<Record<string, Sparse<number>>>;
  readonly sums: Readonly<Record<string, Sparse<string>>>;
}

/** What metrics have seen, as plain data. */
export interface MetricsState {
  readonly tallies: Readonly<Record<string, TallyState>>;
  readonly worstRows: readonly RowRecord[];
  /** The first ones. */
  readonly nonFiniteRows: readonly NonFiniteRow[];
}

/** What a state file holds: a shard of an evaluation, complete or as far as it came. */
export interface EvalState {
  readonly settings: StateSettings;
  readonly shard: Shard;
  readonly rows: StateRows;
  readonly metrics: MetricsState;
}

/** Whether all rows of the shard have been seen. */
export function isComplete({ rows }: Pick<EvalState, "rows">): boolean {
  return rows.next === rows.to;
}

/** Equal settings, and equal results, have the same text: members are in the order of their names. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "number" && !Number.isFinite(item)) return String(item);
    if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
