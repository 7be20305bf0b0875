import { machineText } from "../run/machine.ts";
import { withBetween } from "../report/with-between.ts";
import { escaped, markdownTable } from "../report/words.ts";
import type { EvalBenchReport } from "./eval-report.ts";
import { figureLines, misses, troubles } from "./eval-tables.ts";

const MARKERS = [
  "<!-- results of evaluating a file: `pnpm bench --eval --report` writes what follows -->",
  "<!-- end of results of evaluating a file -->",
] as const;

/**
 * A document with the results of a run between its markers.
 * @throws RangeError if the document has no such markers
 */
export function withEvalResults(document: string, report: EvalBenchReport): string {
  const { created, command, rounds, machine, contestants } = report;
  const without = troubles(report);
  const parts = [
    `Measured on ${created.slice(0, 10)} by \`${command}\`, ${rounds} rounds, on ${machineText(machine)}.`,
    markdownTable(figureLines(report)),
    "What misses the promise:",
    list(misses(report)),
    ...(without.length === 0 ? [] : ["Without a time:", list(without)]),
    markdownTable([
      ["contestant", "what it does"],
      ...contestants.map(({ name, about }) => [name, about].map(escaped)),
    ]),
  ];
  return withBetween(document, MARKERS, parts.join("\n\n"));
}

function list(lines: readonly string[]): string {
  return lines.length === 0 ? "- nothing" : lines.map((each) => `- ${escaped(each)}`).join("\n");
}
