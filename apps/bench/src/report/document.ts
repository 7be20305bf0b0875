import { machineText } from "../run/machine.ts";
import { isTimed } from "./figures.ts";
import type { BenchReport, EntrantReport, Row, Standing, TimedStanding } from "./report.ts";
import { surroundingsText } from "./surroundings-text.ts";
import { withBetween } from "./with-between.ts";
import {
  caseText,
  escaped,
  factsText,
  kilobytes,
  markdownTable,
  mebibytes,
  PASS_NAMES,
  percent,
  significant,
  spread,
  statusWord,
  time,
  times,
} from "./words.ts";

// The results in docs/benchmarks.md, between two markers for each place.

const MARKERS: Readonly<Record<BenchReport["where"], readonly [begin: string, end: string]>> = {
  node: ["<!-- results: `pnpm bench --report` writes what follows -->", "<!-- end of results -->"],
  linear: [
    "<!-- results of the linear layer: `pnpm bench --linear --report` writes what follows -->",
    "<!-- end of results of the linear layer -->",
  ],
  webgpu: [
    "<!-- results on WebGPU: `pnpm bench --webgpu --report` writes what follows -->",
    "<!-- end of results on WebGPU -->",
  ],
};

/**
 * A document with the results of a run between its markers.
 * @throws RangeError if the document has no such markers
 */
export function withResults(document: string, report: BenchReport): string {
  return withBetween(document, MARKERS[report.where], results(report));
}

function results(report: BenchReport): string {
  const { machine, created, rounds, command } = report;
  const parts = [
    `Measured on ${created.slice(0, 10)} by \`${command}\`, ${rounds} rounds, on ${machineText(machine)}. ${surroundingsText(report)}`,
    "### Time",
    `Median, its noise (half of the distance from the fastest to the slowest round), and how many times as long as ${AGAINST[report.where]}.`,
    timeTable(report),
    "### What it took",
    ...(report.where === "webgpu" ? firstCalls(report) : costs(report)),
    "### Rows we lose",
    lossList(report),
    ...troubles(report),
    "### Contestants",
    entrantTable(report),
  ];
  return parts.join("\n\n");
}

const AGAINST: Readonly<Record<BenchReport["where"], string>> = {
  node: "the fastest of ours with as many threads (inputs resident)",
  linear: "the fastest of ours with as many threads",
  webgpu: "ours",
};

function costs(report: BenchReport): string[] {
  const about =
    "Per call of ours: minimum bytes by time, the share of what memory allows, first call; and everybody's memory beyond inputs and outputs.";
  return [about, costTable(report)];
}

/** On a device neither the memory of a call is known, nor what memory allows. */
function firstCalls({ entrants, rows }: BenchReport): string[] {
  const about = "The first call of each, which compiles its shaders.";
  const lines = rows.map((row) => [
    caseText(row.case),
    PASS_NAMES[row.pass],
    ...entrants.map(({ name }) => firstCall(timedIn(row, name))),
  ]);
  return [about, markdownTable([["case", "pass", ...entrants.map(({ name }) => name)], ...lines])];
}

function firstCall(standing: TimedStanding | undefined): string {
  return standing === undefined ? "–" : time(standing.firstMs);
}

function oursOf({ entrants }: BenchReport): EntrantReport[] {
  return entrants.filter(({ role }) => role === "ours");
}

function timeTable(report: BenchReport): string {
  const head = ["case", "pass", ...report.entrants.map(({ name }) => name)];
  const lines = report.rows.map((row) => [
    caseText(row.case),
    PASS_NAMES[row.pass],
    ...row.standings.map((standing) => timeCell(standing)),
  ]);
  return markdownTable([head, ...lines]);
}

function timeCell(standing: Standing): string {
  if (!isTimed(standing)) return statusWord(standing);
  const { name, ratio, against } = standing;
  const parts = [
    `${standing.exact ? "" : "≈ "}${time(standing.median)} ${spread(standing)}`,
    ...(name === against || ratio === undefined ? [] : [times(ratio)]),
  ];
  return parts.join(", ");
}

function costTable(report: BenchReport): string {
  const ours = oursOf(report);
  const head = [
    "case",
    "pass",
    ...ours.flatMap(({ name }) => [`${name}, rate`, `${name}, of the limit`, `${name}, first call`]),
    ...report.entrants.map(({ name }) => `${name}, memory`),
  ];
  const lines = report.rows.map((row) => [
    caseText(row.case),
    PASS_NAMES[row.pass],
    ...ours.flatMap(({ name }) => rates(timedIn(row, name))),
    ...report.entrants.map(({ name }) => memoryCell(timedIn(row, name))),
  ]);
  return markdownTable([head, ...lines]);
}

function rates(standing: TimedStanding | undefined): string[] {
  if (standing === undefined) return ["–", "–", "–"];
  const { gigaflops, gigabytesPerSecond, share, firstMs } = standing;
  const rate =
    gigaflops === undefined ? `${significant(gigabytesPerSecond)} GB/s` : `${significant(gigaflops)} GFLOP/s`;
  return [rate, share === undefined ? "–" : percent(share), time(firstMs)];
}

function memoryCell(standing: TimedStanding | undefined): string {
  return standing?.peakBytes === undefined ? "–" : mebibytes(standing.peakBytes);
}

function timedIn({ standings }: Row, name: string): TimedStanding | undefined {
  return standings.filter(isTimed).find((each) => each.name === name);
}

/** Who is faster than the fastest of ours with as many threads, the fastest first, and how many times. */
function lossList({ entrants, rows }: BenchReport): string {
  const others = new Set(entrants.filter(({ role }) => role !== "ours").map(({ name }) => name));
  const lines = rows.flatMap((row) => {
    const ahead = row.standings
      .filter(isTimed)
      .flatMap(({ name, ratio = Infinity, against = "" }) =>
        others.has(name) && ratio < 1 ? [{ name, ratio, against }] : [],
      )
      .toSorted((a, b) => a.ratio - b.ratio)
      .map(({ name, ratio, against }) => `${name} is ${times(1 / ratio)} as fast as ${against}`);
    return ahead.length === 0 ? [] : [`- ${caseText(row.case)}, ${PASS_NAMES[row.pass]}: ${ahead.join("; ")}`];
  });
  return lines.length === 0 ? "None." : lines.join("\n");
}

function troubles({ rows }: BenchReport): string[] {
  const lines = rows.flatMap((row) =>
    row.standings.flatMap((standing) => {
      if (isTimed(standing)) {
        if (standing.exact) return [];
        const error = standing.error.toExponential(1);
        return [`- **${standing.name}**, ${caseText(row.case)}, ${PASS_NAMES[row.pass]}: ≈, off by ${error}`];
      }
      const where = `- **${standing.name}**, ${caseText(row.case)}, ${PASS_NAMES[row.pass]}`;
      return [`${where}: ${statusWord(standing)}: ${escaped(standing.reason)}`];
    }),
  );
  return lines.length === 0 ? [] : ["### Without a time, or inexact", lines.join("\n")];
}

function entrantTable({ entrants }: BenchReport): string {
  const lines = entrants.map((entrant) => [entrant.name, factsText(entrant), bundleText(entrant)]);
  return markdownTable([["contestant", "what it is", "bundle, min + gzip"], ...lines]);
}

/** What a user ships. */
export function bundleText({ bundle }: EntrantReport): string {
  if (bundle === undefined) return "–";
  return "problem" in bundle ? `none: ${bundle.problem}` : kilobytes(bundle.gzip);
}
