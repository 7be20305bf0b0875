import { machineText } from "../run/machine.ts";
import type { EvalBenchReport } from "./eval-report.ts";
import { figureLines, misses, troubles } from "./eval-tables.ts";

/** What a run found, as text. */
export function evalText(report: EvalBenchReport): string {
  const lines = figureLines(report);
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const table = lines.map((cells) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const missed = misses(report);
  const notes = [
    `Median of ${report.rounds} rounds; ± is half of the distance from the fastest to the slowest, of the median.`,
    ...(missed.length === 0 ? ["Nothing misses the promise."] : ["What misses the promise:", ...missed.map(indented)]),
    ...troubles(report),
    `${machineText(report.machine)}.`,
  ];
  return [...table, "", ...notes].join("\n");
}

function indented(text: string): string {
  return `  ${text}`;
}
