import { CliError, EXIT } from "../exit.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { settingDifferences } from "../state/differences.ts";
import { restored } from "../state/snapshot.ts";
import { type EvalState, isComplete, type StateSettings } from "../state/state.ts";

/** All shards as one. */
export interface Merged {
  readonly settings: StateSettings;
  readonly metrics: Metrics;
  readonly rows: number;
  readonly shards: number;
}

/** Shards that are not there, or not to their ends. */
export interface Missing {
  readonly shards: number;
  /** Indices of those of which there is no state. */
  readonly absent: readonly number[];
  /** Those that stopped before their end. */
  readonly unfinished: readonly { readonly index: number; readonly file: string; readonly rowsLeft: number }[];
}

type Part = { readonly file: string } & Omit<EvalState, "metrics">;

/**
 * Puts the states of all shards together: to the last bit what one run over all rows gives, in whatever order they come.
 * Of each state only its place is kept, so that memory does not grow with their number.
 */
export class Merge {
  #parts: Part[] = [];
  #metrics: Metrics | undefined;

  /**
   * Takes in a state.
   * @throws CliError with exit code 3 for the state of another evaluation than those before; FormatError for one that does
   *   not hold what its settings ask for
   */
  add(file: string, state: EvalState): void {
    const [first] = this.#parts;
    if (first !== undefined) checkSameEvaluation(file, state, first);
    const metrics = restored(state, file);
    if (this.#metrics === undefined) this.#metrics = metrics;
    else this.#metrics.merge(metrics);
    const { settings, shard, rows } = state;
    this.#parts.push({ file, settings, shard, rows });
  }

  /**
   * All states as one, or what is missing.
   * @throws CliError with exit code 3 for two states of one shard, or of the same rows, or for rows that no shard holds;
   *   with exit code 2 where there is no state
   */
  finish(): Merged | Missing {
    const parts = this.#parts.toSorted((a, b) => a.shard.index - b.shard.index);
    const [first] = parts;
    if (first === undefined || this.#metrics === undefined) {
      throw new CliError(EXIT.usage, "merge needs at least one state file");
    }
    checkApart(parts);
    const missing = missingOf(parts, first.shard.count);
    if (missing !== undefined) return missing;
    checkNoGap(parts);
    return { settings: first.settings, metrics: this.#metrics, rows: first.rows.total, shards: first.shard.count };
  }
}

function checkSameEvaluation(file: string, { settings, shard, rows }: EvalState, first: Part): void {
  const differences = settingDifferences(settings, first.settings);
  if (shard.count !== first.shard.count) differences.push(`${shard.count} shards, not ${first.shard.count}`);
  if (rows.total !== first.rows.total) differences.push(`${rows.total} rows in all, not ${first.rows.total}`);
  if (differences.length > 0) {
    throw refused(`${file} is of another evaluation than ${first.file}: ${differences.join("; ")}`);
  }
}

function checkApart(parts: readonly Part[]): void {
  for (const [i, { file, shard, rows }] of parts.entries()) {
    const before = parts[i - 1];
    if (before === undefined) continue;
    if (shard.index === before.shard.index) {
      throw refused(`${before.file} and ${file} are both shard ${shard.index}/${shard.count}`);
    }
    if (rows.from < before.rows.to) {
      throw refused(
        `${before.file} and ${file} overlap: shard ${before.shard.index} has the rows before ${before.rows.to}, shard ${shard.index} those from ${rows.from}`,
      );
    }
  }
}

function missingOf(parts: readonly Part[], shards: number): Missing | undefined {
  const there = new Set(parts.map(({ shard }) => shard.index));
  const absent = Array.from({ length: shards }, (_, i) => i + 1).filter((index) => !there.has(index));
  const unfinished = parts
    .filter((part) => !isComplete(part))
    .map(({ file, shard, rows }) => ({ index: shard.index, file, rowsLeft: rows.to - rows.next }));
  return absent.length + unfinished.length === 0 ? undefined : { shards, absent, unfinished };
}

/** All shards are there, in order: each begins where the one before has ended. */
function checkNoGap(parts: readonly Part[]): void {
  let next = 0;
  for (const { file, rows } of parts) {
    if (rows.from !== next) throw refused(`${file} must begin with row ${next}; it begins with row ${rows.from}`);
    next = rows.to;
  }
  const last = parts.at(-1);
  if (last !== undefined && next !== last.rows.total) {
    throw refused(`${last.file} must go to the last row, ${last.rows.total - 1}; it ends with row ${next - 1}`);
  }
}

function refused(message: string): CliError {
  return new CliError(EXIT.badInput, message);
}
