import { machineText } from "../run/machine.ts";
import { element, section, table } from "../report/elements.ts";
import { pageOf } from "../report/html.ts";
import { evalCharts, MEMORY, SPEED } from "./eval-charts.ts";
import type { EvalBenchReport } from "./eval-report.ts";
import { figureLines, misses, troubles } from "./eval-tables.ts";

/** What a run found, as one page that needs no other file, no network and no script. */
export function evalPage(report: EvalBenchReport): string {
  const [head = [], ...lines] = figureLines(report);
  const without = troubles(report);
  const contestants = report.contestants.map(({ name, about }) => [name, about]);
  const main = element(
    "main",
    {},
    section("speed", SPEED.title, evalCharts(report, SPEED)),
    section("memory", MEMORY.title, evalCharts(report, MEMORY)),
    section("figures", "All figures", table(head, lines)),
    section("misses", "What misses the promise", list(misses(report))),
    ...(without.length === 0 ? [] : [section("without", "Without a time", list(without))]),
    section("contestants", "Contestants", table(["contestant", "what it does"], contestants)),
  );
  return pageOf("Surprisal benchmarks: evaluating a file", header(report), main);
}

function header({ created, machine, rounds, seconds, command }: EvalBenchReport): Element {
  const facts = element(
    "p",
    { class: "facts" },
    element("time", { datetime: created }, `${created.slice(0, 16).replace("T", " ")} UTC`),
    ` · ${machineText(machine)} · ${rounds} rounds · ${(seconds / 60).toFixed(1)} min · `,
    element("code", {}, command),
  );
  const overline = element("p", { class: "overline" }, "Surprisal · benchmarks");
  return element("header", {}, overline, element("h1", {}, "Evaluating a file beside reading it"), facts);
}

function list(lines: readonly string[]): Element {
  return element("ul", {}, ...(lines.length === 0 ? ["nothing"] : lines).map((each) => element("li", {}, each)));
}
