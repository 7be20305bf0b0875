import { type Bar, barChart } from "../report/charts.ts";
import { element } from "../report/elements.ts";
import { percent } from "../report/words.ts";
import type { EvalBenchReport, EvalFigures, EvalRow } from "./eval-report.ts";
import { CACHE, fileText, megabytes } from "./eval-tables.ts";

/** What bars show. */
export interface EvalChart {
  readonly title: string;
  readonly value: (figures: EvalFigures) => number | undefined;
  readonly label: (value: number) => string;
  readonly tick: (value: number) => string;
}

/** How fast, beside reading alone. */
export const SPEED: EvalChart = {
  title: "Speed, reading alone = 100 %",
  value: ({ ofReading = 1 }) => ofReading,
  label: percent,
  tick: (share) => `${Math.round(share * 100)} %`,
};

/** The highest resident set. */
export const MEMORY: EvalChart = {
  title: "Memory",
  value: ({ peakBytes }) => peakBytes,
  label: megabytes,
  tick: (bytes) => String(Math.round(bytes / 1e6)),
};

/** A small chart for each row. */
export function evalCharts({ rows }: EvalBenchReport, chart: EvalChart): Element {
  const figures = rows.map((row) => {
    const caption = element("figcaption", {}, element("b", {}, fileText(row)), ` ${CACHE[row.state]}`);
    const about = `${chart.title}. ${fileText(row)}, ${CACHE[row.state]}`;
    const picture = barChart(barsOf(row, chart), { scale: "linear", base: 0, tick: chart.tick, about });
    return element("figure", { class: "chart" }, caption, picture);
  });
  return element("div", { class: "charts" }, ...figures);
}

function barsOf({ standings }: EvalRow, { value, label }: EvalChart): Bar[] {
  return standings.map((standing) => {
    const { name, role, status } = standing;
    if (status !== "timed") return { name, role, value: undefined, label: status };
    const shown = value(standing);
    return { name, role, value: shown, label: shown === undefined ? "not known" : label(shown) };
  });
}
