import { surroundingsText } from "./surroundings-text.ts";
import { machineText } from "../run/machine.ts";
import type { BenchReport, Row, Standing } from "./report.ts";
import {
  caseText,
  mebibytes,
  PASS_NAMES,
  percent,
  significant,
  statusWord,
  time,
  times,
  timeAndSpread,
} from "./words.ts";

/** What a run found, as text: a block for each row, a line for each entrant. */
export function terminalText(report: BenchReport): string {
  const { rows, rounds, warmUpRounds, checksum, machine } = report;
  const blocks = rows.map(block);
  const notes = [
    `Median (smallest – largest) of ${rounds} rounds, after ${warmUpRounds} to warm up. × is how many times as long as the fastest of ours with as many threads.`,
    "≈ marks a result that is off by more than 1e-6, with its error.",
    `${machineText(machine)}. ${surroundingsText(report)} Checksum ${checksum.toPrecision(9)}.`,
  ];
  return [...blocks, notes.join("\n")].join("\n\n");
}

function block(row: Row): string {
  const lines = row.standings.map((standing) => line(standing));
  const head = ["", "time", "×", "limit", "rate", "first call", "memory", ""];
  const told = (column: number): boolean => lines.some((cells) => (cells[column] ?? "") !== "");
  const table = [head, ...lines].map((cells) => cells.filter((_, column) => told(column)));
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  const text = table.map((cells) => `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd());
  const reasons = row.standings.flatMap((standing) =>
    standing.status === "timed" ? [] : [`  ${standing.name} ${statusWord(standing)}: ${standing.reason}`],
  );
  return [`${caseText(row.case)}, ${PASS_NAMES[row.pass]}`, ...text, ...reasons].join("\n");
}

function line(standing: Standing): string[] {
  if (standing.status !== "timed") return [standing.name, statusWord(standing)];
  const { name, ratio, share, gigaflops, gigabytesPerSecond, firstMs, peakBytes, exact, error } = standing;
  return [
    name,
    timeAndSpread(standing),
    ratio === undefined ? "" : times(ratio),
    share === undefined ? "" : percent(share),
    gigaflops === undefined ? `${significant(gigabytesPerSecond)} GB/s` : `${significant(gigaflops)} GFLOP/s`,
    time(firstMs),
    peakBytes === undefined ? "" : mebibytes(peakBytes),
    exact ? "" : `≈ ${error.toExponential(1)}`,
  ];
}
