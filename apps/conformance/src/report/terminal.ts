import { cellOf, dtypesOf, operationsOf, refusalReasons } from "./arrange.ts";
import { count, counted, decimal, duration, minute } from "./numbers.ts";
import type { Cell, ConformanceReport, LaneReport } from "./report.ts";
import { failureTexts } from "./terminal-failures.ts";
import { bad, dim, faint, good, plain, strong, table, WIDTH, wrapped } from "./terminal-text.ts";
import { laneVerdict, PEER_LIMIT } from "./verdict.ts";

const MOST_FAILURES = 10;
/** Twice this and the numbers fit into the width. */
const LONGEST_NAME = 32;

/**
 * What a run found, as text for a terminal of 110 columns: a table, the totals, refusals and failures of each lane, and
 * at the end a line of verdict for each. Coloured where stdout is a terminal and NO_COLOR is not set. Commands stay on
 * one line however long, because a broken one cannot be copied.
 */
export function terminalSummary(report: ConformanceReport): string {
  const head = wrapped(`Conformance with PyTorch · ${plain(report.runtime)} · ${minute(plain(report.created))}`);
  const failing = report.lanes.filter((lane) => lane.failures.length > 0).length;
  const limit = Math.ceil(MOST_FAILURES / Math.max(1, failing));
  const lanes = report.lanes.map((lane) => laneText(lane, limit));
  return `${[strong(head), ...lanes, verdictLines(report)].join("\n\n")}\n`;
}

function laneText(lane: LaneReport, limit: number): string {
  const parts = [
    heading(lane),
    ...(lane.problem === undefined ? [] : [bad(wrapped(plain(lane.problem), 4, "  ✕"))]),
    ...(lane.cells.length === 0 ? [] : [cellTable(lane), totalsLine(lane)]),
    ...refusalLines(lane),
    ...failureTexts(lane.failures, limit),
  ];
  return parts.join("\n\n");
}

function heading(lane: LaneReport): string {
  const mark = laneVerdict(lane).passed ? good("✓") : bad("✕");
  const name = plain(lane.lane);
  return `${mark} ${strong(name)} ${dim("─".repeat(Math.max(2, WIDTH - name.length - 3)))}`;
}

function cellTable(lane: LaneReport): string {
  const dtypes = dtypesOf(lane);
  const rows = operationsOf([lane]).flatMap((operation) => {
    const cells = dtypes.flatMap((dtype) => cellOf(lane, operation, dtype) ?? []);
    return cells.map((cell, i) => [i === 0 ? clipped(operation) : "", ...cellRow(cell)]);
  });
  const head = ["operation", "dtype", "cases", "failed", "refused", "worst ULP", "× PyTorch"];
  return table([head.map(dim), ...rows], { indent: 2, left: [0, 1] });
}

function cellRow(cell: Cell): string[] {
  const { cases, failed, refused, worst, peer } = cell;
  const paint = failed > 0 ? bad : (text: string): string => text;
  return [
    paint(clipped(cell.dtype)),
    cases === 0 ? bad("0") : paint(count(cases)),
    failed === 0 ? faint("·") : bad(count(failed)),
    refused === 0 ? faint("·") : count(refused),
    worst === undefined ? faint("–") : decimal(worst.value),
    peer === undefined
      ? faint("–")
      : failed > 0 && peer.value > PEER_LIMIT
        ? bad(decimal(peer.value))
        : decimal(peer.value),
  ];
}

function clipped(name: string): string {
  return plain(name).slice(0, LONGEST_NAME);
}

function totalsLine({ totals, seconds }: LaneReport): string {
  const { cases, passed, failed, refused, numbers } = totals;
  const parts = [
    `${strong(counted(cases, "case"))}: ${count(passed)} passed`,
    failed === 0 ? "0 failed" : bad(`${count(failed)} failed`),
    `${count(refused)} refused`,
  ];
  return `  ${parts.join(", ")}${dim(` · ${counted(numbers, "number")} compared · ${duration(seconds)}`)}`;
}

function refusalLines(lane: LaneReport): string[] {
  if (lane.refusals.length === 0) return [];
  const lines = refusalReasons(lane.refusals).map(({ reason, cases, operations }) => {
    const where = operations.length === 1 ? plain(operations.join()) : counted(operations.length, "operation");
    return wrapped(`${plain(reason)} (${where})`, 10, count(cases).padStart(8));
  });
  return [`  ${strong("Refused")}\n${lines.join("\n")}`];
}

function verdictLines(report: ConformanceReport): string {
  if (report.lanes.length === 0) return bad("✕ no lane ran");
  const width = Math.max(...report.lanes.map((lane) => plain(lane.lane).length));
  const lines = report.lanes.map((lane) => {
    const { passed, reason } = laneVerdict(lane);
    const name = plain(lane.lane).padEnd(width);
    const line = wrapped(plain(reason), width + 4, `${passed ? "✓" : "✕"} ${name}`);
    return passed ? good(line) : bad(line);
  });
  return lines.join("\n");
}
