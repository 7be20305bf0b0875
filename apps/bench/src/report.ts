import { type BenchCase, minimumBytes, type Pass, PASSES } from "./cases.ts";
import { type CaseResult, type Measurement, WARM_UP_ROUNDS } from "./run-case.ts";
import { type Summary, summarize } from "./statistics.ts";

/** One line of the table: one case in one pass, all contestants. */
export interface Row {
  readonly case: string;
  readonly shape: readonly number[];
  readonly pass: Pass;
  readonly contestants: readonly Standing[];
}

/** One contestant's figures in a row. */
export interface Standing extends Summary {
  readonly name: string;
  /** Milliseconds a call, one for each round, in their order. */
  readonly times: readonly number[];
  /** Of the least bytes that the pass has to move, in 10⁹ a second. */
  readonly gigabytesPerSecond: number;
  /** Its median divided by that of the first contestant. */
  readonly ratio: number;
  readonly lossError: number;
  readonly gradientError: number;
}

/** The figures of a case; the first contestant is the one that others are compared with. */
export function rowsOfResult({ benchCase, measurements }: CaseResult): Row[] {
  const { id, shape } = benchCase;
  return PASSES.map((pass) => {
    const ofPass = measurements.filter((each) => each.pass === pass);
    const base = summarize(ofPass[0]?.times ?? []).median;
    return { case: id, shape, pass, contestants: ofPass.map((each) => standing(benchCase, each, base)) };
  });
}

function standing(benchCase: BenchCase, { contestant, pass, times, errors }: Measurement, base: number): Standing {
  const summary = summarize(times);
  return {
    name: contestant,
    ...summary,
    times,
    gigabytesPerSecond: minimumBytes(benchCase, pass) / summary.median / 1e6,
    ratio: summary.median / base,
    lossError: errors.loss,
    gradientError: errors.gradient,
  };
}

const PASS_NAMES: Readonly<Record<Pass, string>> = { forward: "forward", gradient: "forward + gradient" };

/** The rows as a Markdown table: first contestant's time and speed, then each other's time and how many times longer. */
export function table(rows: readonly Row[]): string {
  const names = rows[0]?.contestants.map(({ name }) => name) ?? [];
  const [first = "", ...others] = names;
  const peers = others.flatMap((name) => [name, `${name} / ${first}`]);
  const lines = rows.map(({ case: id, shape, pass, contestants: [ours, ...rest] }) => [
    `${id} [${shape.join(", ")}]`,
    PASS_NAMES[pass],
    ...(ours === undefined ? [] : [time(ours), significant(ours.gigabytesPerSecond)]),
    ...rest.flatMap((each) => [time(each), `${significant(each.ratio)}×`]),
  ]);
  return aligned([["case", "pass", first, `${first}, GB/s`, ...peers], ...lines]);
}

/** What was printed beside the table: how exact the results were, and the checksum. */
export function footnotes(rows: readonly Row[], rounds: number, checksum: number): string {
  const all = rows.flatMap(({ contestants }) => contestants);
  const loss = Math.max(...all.map((each) => each.lossError)).toExponential(1);
  const gradient = Math.max(...all.map((each) => each.gradientError)).toExponential(1);
  return [
    `Median (smallest – largest) of ${rounds} rounds, after ${WARM_UP_ROUNDS} to warm up.`,
    `Largest errors: loss ${loss} of the loss, gradient ${gradient} of 1 / rows. Checksum ${checksum.toPrecision(9)}.`,
  ].join("\n");
}

function time({ median, min, max }: Summary): string {
  const [factor, unit] = median < 0.1 ? [1000, "µs"] : [1, "ms"];
  return `${significant(median * factor)} ${unit} (${significant(min * factor)} – ${significant(max * factor)})`;
}

/** Three digits, or all before the point. */
function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function aligned(lines: readonly (readonly string[])[]): string {
  const [head = []] = lines;
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const pad = (line: readonly string[]): string =>
    `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [pad(head), rule, ...lines.slice(1).map(pad)].join("\n");
}
