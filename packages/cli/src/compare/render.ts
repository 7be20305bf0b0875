import { percent } from "../report/evaluation-text.ts";
import { causeText } from "../report/non-finite-text.ts";
import { count, milliseconds, significant } from "../report/numbers.ts";
import type { Style } from "../report/style.ts";
import { table } from "../report/table.ts";
import type { Estimate, ModelResult, Quantile } from "./comparison.ts";
import type { CompareReport } from "./report.ts";

/** The report for people. */
export function renderCompare(report: CompareReport, style: Style): string {
  const parts = [models(report, style), differences(report, style), quantileTable(report, style)];
  return parts.join("\n");
}

function models(report: CompareReport, style: Style): string {
  const { a, b, files, rows, keptRows } = report;
  const left = keptRows === rows ? "all kept" : `${count(keptRows)} kept, ${count(rows - keptRows)} left out`;
  const line = (label: string, value: (model: ModelResult) => string): string[] => [
    style.dim(label),
    value(a),
    value(b),
  ];
  const broken = (["a", "b"] as const).map((side) => nonFiniteText(side, report, style)).join("");
  const note = style.dim(`${count(rows)} rows, ${left}; losses in nats, ± standard error\n`);
  const text = table(
    [
      [style.dim("logits"), files.a, files.b],
      line("loss", ({ loss }) => `${style.strong(significant(loss.mean))} ${error(loss)}`),
      line("perplexity", ({ perplexity }) => style.strong(significant(perplexity))),
      line("accuracy", ({ accuracy }) => percent(accuracy)),
    ],
    { head: ["", style.accent("A"), style.accent("B")] },
  );
  return `${text}${note}${broken}`;
}

/** A line about the rows of a model whose loss is not finite, where there are any. */
function nonFiniteText(side: "a" | "b", report: CompareReport, style: Style): string {
  const { causes, rows } = report[side].nonFinite;
  const [first] = rows;
  if (first === undefined) return "";
  const all = causes.reduce((sum, each) => sum + each.count, 0);
  const number = `${count(all)} not finite in ${side.toUpperCase()}`;
  return `${style.bad(number)}  ${style.dim(`first in row ${first.row}: ${causeText(first)}`)}\n`;
}

function differences(report: CompareReport, style: Style): string {
  const { difference, perplexityRatio, divergence, targetProbability, sameTop, backend } = report;
  const note = (text: string): string => `  ${style.dim(text)}`;
  const interval = ({ low, high }: { low: number; high: number }): string =>
    `95 %: ${significant(low, 4)} to ${significant(high, 4)}`;
  const where = divergence.maximumRow < 0 ? "" : `, in row ${divergence.maximumRow}`;
  const lines: [string, string][] = [
    [
      "loss B − A",
      `${style.strong(significant(difference.mean, 5))} ${error(difference)}${note(`${interval(difference)}; ${verdict(difference)}`)}`,
    ],
    [
      "rows",
      note(
        `A better in ${count(difference.aBetter)}, B in ${count(difference.bBetter)}, equal in ${count(difference.equal)}`,
      ).trim(),
    ],
    ["perplexity B / A", `${style.strong(significant(perplexityRatio.value, 6))}${note(interval(perplexityRatio))}`],
    [
      "KL(A‖B)",
      `${style.strong(significant(divergence.mean, 5))} ${error(divergence)}${note(`at most ${significant(divergence.maximum, 5)}${where}`)}`,
    ],
    [
      "p(target) B − A",
      `${significant(targetProbability.mean * 100, 4)} ± ${significant(targetProbability.standardError * 100, 2)} %${note(`root mean square ${significant(targetProbability.rootMeanSquare * 100, 4)} %`)}`,
    ],
    [
      "same prediction",
      `${percent(sameTop.share)} ± ${percent(sameTop.standardError)}${note(`${count(sameTop.count)} rows`)}`,
    ],
    ["backend", `${backend.name}${note(`f64, ${milliseconds(report.milliseconds)} ms`)}`],
  ];
  return table(lines.map(([label, value]) => [style.dim(label), value]));
}

function quantileTable({ divergence, targetProbability, quantileError }: CompareReport, style: Style): string {
  const line = (label: string, quantiles: readonly Quantile[]): string[] => [
    style.dim(label),
    ...quantiles.map(({ value }) => significant(value, 3)),
  ];
  const shares = divergence.quantiles.map(({ share }) => `${significant(share * 100, 4)} %`);
  return table([line("KL(A‖B)", divergence.quantiles), line("p(target) B − A", targetProbability.quantiles)], {
    head: [style.dim(`quantiles, within ${percent(quantileError)}`), ...shares],
    align: ["left", ...shares.map(() => "right" as const)],
  });
}

function error({ standardError }: Estimate): string {
  return Number.isFinite(standardError) ? `± ${significant(standardError, 2)}` : "";
}

/** Whether the interval leaves out 0. */
function verdict({ low, high }: Estimate): string {
  if (low > 0) return "A is better";
  return high < 0 ? "B is better" : "no clear difference";
}
