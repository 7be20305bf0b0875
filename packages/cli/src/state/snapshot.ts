import type { ExactSums } from "../metrics/exact-sums.ts";
import { exactText, parseExactText } from "../metrics/exact-text.ts";
import { Metrics } from "../metrics/metrics.ts";
import { MAX_NON_FINITE_ROWS } from "../metrics/non-finite.ts";
import type { Tally } from "../metrics/tally.ts";
import { Place } from "./checked.ts";
import type { EvalState, MetricsState, Sparse, TallyState } from "./state.ts";

/** What metrics have seen, as plain data: the same text for the same rows, whatever way they were seen. */
export function snapshot({ tallies, worstRows, nonFinite }: Metrics): MetricsState {
  return {
    tallies: Object.fromEntries(Object.entries(tallies).map(([name, tally]) => [name, tallyState(tally)])),
    worstRows: worstRows.rows,
    nonFiniteRows: nonFinite.rows,
  };
}

/**
 * Metrics that have seen what a state's have.
 * @throws FormatError if the state does not hold what its settings ask for
 */
export function restored(state: EvalState, file: string): Metrics {
  const { settings, metrics: held, rows } = state;
  const metrics = new Metrics(settings.metrics);
  const place = new Place(file, "metrics.tallies");
  checkNames(metrics.tallies, held.tallies, place);
  for (const [name, tally] of Object.entries(metrics.tallies)) {
    const from = held.tallies[name];
    if (from !== undefined) restoreTally(tally, from, place.at(name));
  }
  const seen = metrics.tallies["totals"]?.counts["rows"]?.[0];
  if (seen !== rows.next - rows.from) {
    throw place.at("totals.counts.rows").error(`${rows.next - rows.from}, as rows.from and rows.next say`, seen);
  }
  for (const row of held.worstRows) metrics.worstRows.insert(row);
  restoreNonFiniteRows(metrics, state, file);
  return metrics;
}

/** As many as the causes say, of the rows that were seen. */
function restoreNonFiniteRows(metrics: Metrics, { metrics: held, rows }: EvalState, file: string): void {
  const place = new Place(file, "metrics.nonFiniteRows");
  const seen = Object.values(metrics.nonFinite.counts).reduce((sum, [count = 0]) => sum + count, 0);
  const required = Math.min(seen, MAX_NON_FINITE_ROWS);
  if (held.nonFiniteRows.length !== required) {
    throw place.error(`a list of ${required}, as the causes say`, held.nonFiniteRows);
  }
  let next = rows.from;
  for (const [i, record] of held.nonFiniteRows.entries()) {
    const { row } = record;
    if (row < next || row >= rows.next) {
      throw place.at(i).at("row").error(`from ${next} to before ${rows.next}, in order`, row);
    }
    metrics.nonFinite.insert(record);
    next = row + 1;
  }
}

function tallyState({ counts, sums }: Tally): TallyState {
  return {
    counts: Object.fromEntries(Object.entries(counts).map(([name, each]) => [name, sparseCounts(each)])),
    sums: Object.fromEntries(Object.entries(sums).map(([name, each]) => [name, sparseSums(each)])),
  };
}

function sparseCounts(counts: Float64Array): Sparse<number> {
  const sparse: number[] = [];
  for (const [at, count] of counts.entries()) if (count !== 0) sparse.push(at, count);
  return sparse;
}

function sparseSums(sums: ExactSums): Sparse<string> {
  const sparse: (string | number)[] = [];
  for (let at = 0; at < sums.length; at++) {
    const text = exactText(sums.exact(at), sums.nonFinite(at));
    if (text !== ZERO) sparse.push(at, text);
  }
  return sparse;
}

const ZERO = "0p0";

function restoreTally(tally: Tally, { counts, sums }: TallyState, place: Place): void {
  checkNames(tally.counts, counts, place.at("counts"));
  checkNames(tally.sums, sums, place.at("sums"));
  for (const [name, each] of Object.entries(tally.counts)) {
    for (const [at, count] of pairs(counts[name] ?? [], each.length, place.at("counts").at(name))) {
      each[at] = Number(count);
    }
  }
  for (const [name, each] of Object.entries(tally.sums)) {
    const where = place.at("sums").at(name);
    for (const [at, text] of pairs(sums[name] ?? [], each.length, where)) {
      const exact = parseExactText(String(text));
      if (exact === undefined) throw where.at(at).error('an exact sum such as "3p-2"', text);
      each.addExact(at, exact.units, exact.nonFinite);
    }
  }
}

function checkNames(required: object, found: object, place: Place): void {
  const [names, others] = [Object.keys(required), Object.keys(found)];
  if (names.length === others.length && names.every((name) => others.includes(name))) return;
  throw place.error(`of the members ${names.join(", ")}`, found);
}

/** Places with their values; places must ascend and be there. */
function* pairs(
  sparse: Sparse<string | number>,
  length: number,
  place: Place,
): Generator<readonly [at: number, value: string | number]> {
  let before = -1;
  for (let i = 0; i + 1 < sparse.length; i += 2) {
    const [at, value] = [sparse[i], sparse[i + 1]];
    if (typeof at !== "number" || value === undefined || at <= before || at >= length) {
      throw place.error(`places that ascend, below ${length}`, at);
    }
    before = at;
    yield [at, value];
  }
}
