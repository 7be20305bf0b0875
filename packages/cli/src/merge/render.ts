import { evaluationDetails, evaluationLines, nonFiniteDetails } from "../report/evaluation-text.ts";
import { count } from "../report/numbers.ts";
import type { Style } from "../report/style.ts";
import { table } from "../report/table.ts";
import type { MergeReport } from "./run.ts";

/** The report for people. */
export function renderMerge(report: MergeReport, style: Style): string {
  const options = Object.entries(report.settings.options).map(([name, value]) => `${name} ${value}`);
  const lines = [
    ["shards", `${count(report.shards)}  ${style.dim("all there")}`],
    ...(options.length > 0 ? [["settings", style.dim(options.join(", "))]] : []),
    ...evaluationLines(report, style),
  ];
  const summary = table(lines.map(([label = "", value = ""]) => [style.dim(label), value]));
  const details = [nonFiniteDetails(report, style), evaluationDetails(report, style)];
  return [summary, ...details].filter((part) => part !== "").join("\n");
}
