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

/** A row for each operation: its counts, the worst error in each floating dtype in ULP, and that beside PyTorch's. */
function cellTable(lane: LaneReport): string {
  const rows = operationsOf([lane]).map((operation) => {
    const cells = dtypesOf(lane).flatMap((dtype) => cellOf(lane, operation, dtype) ?? []);
    return [
      clipped(operation),
      ...countsOf(cells),
      ...FLOATS.map((dtype) => worstOf(lane, operation, dtype)),
      peerOf(cells),
    ];
  });
  const head = ["operation", "cases", "failed", "refused", ...FLOATS.map((dtype) => `${dtype} ULP`), "× PyTorch"];
  return table([head.map(dim), ...rows], { indent: 2, left: [0] });
}

const FLOATS = ["f32", "f64", "f16", "bf16"];

function countsOf(cells: readonly Cell[]): string[] {
  const sum = (of: (cell: Cell) => number): number => cells.reduce((total, cell) => total + of(cell), 0);
  const [cases, failed, refused] = [sum((cell) => cell.cases), sum((cell) => cell.failed), sum((cell) => cell.refused)];
  return [
    cases === 0 ? bad("0") : count(cases),
    failed === 0 ? faint("·") : bad(count(failed)),
    refused === 0 ? faint("·") : count(refused),
  ];
}

function worstOf(lane: LaneReport, operation: string, dtype: string): string {
  const cell = cellOf(lane, operation, dtype);
  if (cell?.worst === undefined) return faint("–");
  return cell.failed > 0 ? bad(decimal(cell.worst.value)) : decimal(cell.worst.value);
}

function peerOf(cells: readonly Cell[]): string {
  const ratios = cells.flatMap(({ peer }) => (peer === undefined ? [] : [peer.value]));
  if (ratios.length === 0) return faint("–");
  const worst = Math.max(...ratios);
  return cells.some(({ failed }) => failed > 0) && worst > PEER_LIMIT ? bad(decimal(worst)) : decimal(worst);
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
