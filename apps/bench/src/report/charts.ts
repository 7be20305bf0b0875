import * as Plot from "@observablehq/plot";
import { document, element } from "./elements.ts";
import { isTimed } from "./figures.ts";
import type { BenchReport, EntrantReport, Row, TimedStanding } from "./report.ts";
import { caseText, PASS_NAMES, percent, statusWord, times } from "./words.ts";

// Drawn where the page is written, by Observable Plot on linkedom's document: the page holds pictures and no script.
// Colours are custom properties of the page, so that pictures follow its dark mode.

const WIDTH = 400;
const BAR = 20;
const MARGINS = { marginTop: 4, marginRight: 62, marginBottom: 22, marginLeft: 148 };

/** How a bar is drawn. */
type BarRole = EntrantReport["role"] | "reading";

const COLOURS: Readonly<Record<BarRole, string>> = {
  ours: "var(--near)",
  loop: "var(--far)",
  steps: "var(--far)",
  reading: "var(--far)",
  peer: "var(--refused)",
};

/** A bar, or the reason why there is none. */
export interface Bar {
  readonly name: string;
  readonly role: BarRole;
  readonly value: number | undefined;
  readonly label: string;
}

/** What a chart shows of each row. */
export interface ChartKind {
  readonly scale: "log" | "linear";
  /** Where bars begin, and where a line is drawn. */
  readonly base: number;
  value(standing: TimedStanding, row: Row): number | undefined;
  label(value: number): string;
  /** Says what the chart is, for those who do not see it. */
  readonly title: string;
}

/** How many times as fast as `standard`, on a logarithmic scale around 1. */
export function ratioTo(standard: string): ChartKind {
  return {
    scale: "log",
    base: 1,
    title: `Speed, ${standard} = 1`,
    label: times,
    value(standing, row) {
      const median = row.standings.filter(isTimed).find(({ name }) => name === standard)?.median;
      return median === undefined ? undefined : median / standing.median;
    },
  };
}

/** The share of what memory allows. */
export const SHARE_OF_LIMIT: ChartKind = {
  scale: "linear",
  base: 0,
  title: "Share of the limit that memory sets",
  label: percent,
  value: ({ share }) => share,
};

/** Whom speeds are relative to: PyTorch with one thread, or else the loop, or where there is none, the first of ours. */
export function standardOf({ entrants, rows }: BenchReport): string {
  const measured = new Set(rows.flatMap((row) => row.standings.filter(isTimed).map(({ name }) => name)));
  const pytorch = entrants.find(({ name, threads }) => /^pytorch/i.test(name) && threads === 1 && measured.has(name));
  const others = (["loop", "ours"] as const).map((role) => entrants.find((each) => each.role === role));
  return [pytorch, ...others].find((each) => each !== undefined)?.name ?? "";
}

/** A small chart for each row that has something to show. */
export function charts(report: BenchReport, kind: ChartKind): Element {
  const figures = report.rows.flatMap((row) => {
    const bars = barsOf(report, row, kind);
    if (bars.every(({ value }) => value === undefined)) return [];
    const caption = element("figcaption", {}, element("b", {}, caseText(row.case)), ` ${PASS_NAMES[row.pass]}`);
    return [element("figure", { class: "chart" }, caption, barChart(bars, chartOf(row, kind)))];
  });
  return element("div", { class: "charts" }, ...figures);
}

function barsOf({ entrants }: BenchReport, row: Row, kind: ChartKind): Bar[] {
  return row.standings.map((standing) => {
    const { name } = standing;
    const role = entrants.find((each) => each.name === name)?.role ?? "peer";
    if (!isTimed(standing)) return { name, role, value: undefined, label: statusWord(standing) };
    const value = kind.value(standing, row);
    const mark = standing.exact ? "" : "≈ ";
    return { name, role, value, label: value === undefined ? "–" : mark + kind.label(value) };
  });
}

function chartOf(row: Row, { scale, base, title }: ChartKind): BarChart {
  const tick = scale === "log" ? tickOfRatio : percent;
  return { scale, base, tick, about: `${title}. ${caseText(row.case)}, ${PASS_NAMES[row.pass]}` };
}

/** What bars have in common. */
export interface BarChart extends Pick<ChartKind, "scale" | "base"> {
  readonly tick: (value: number) => string;
  /** Says what it is, for those who do not see it. */
  readonly about: string;
}

/** Bars under each other, with their labels. */
export function barChart(bars: readonly Bar[], { scale, base, tick, about }: BarChart): Element {
  const values = bars.flatMap(({ value }) => value ?? []);
  const domain = [Math.min(base, ...values), Math.max(scale === "log" ? base : 1, ...values)];
  const label = { y: "name", text: "label", fill: "var(--ink)" } as const;
  const picture = Plot.plot({
    document,
    ...MARGINS,
    width: WIDTH,
    height: bars.length * BAR + MARGINS.marginTop + MARGINS.marginBottom,
    x: { type: scale, domain: domain[0] === domain[1] ? [base / 2, base * 2] : domain, label: null },
    y: { domain: bars.map(({ name }) => name), padding: 0.25, label: null },
    marks: [
      Plot.axisX({ ticks: 4, tickFormat: tick, tickSize: 0, fillOpacity: 0.7 }),
      Plot.axisY({ tickSize: 0, tickPadding: 6 }),
      Plot.barX(bars.filter(hasValue), { y: "name", x1: base, x2: "value", fill: ({ role }: Bar) => COLOURS[role] }),
      Plot.text(bars.filter(hasValue), {
        ...label,
        x: ({ value = base }: Bar) => Math.max(value, base),
        textAnchor: "start",
        dx: 5,
      }),
      Plot.text(
        bars.filter((bar) => !hasValue(bar)),
        { ...label, x: base, textAnchor: "start", dx: 5, fillOpacity: 0.6 },
      ),
      Plot.ruleX([base], { strokeOpacity: 0.5 }),
    ],
  });
  picture.setAttribute("aria-hidden", "true");
  picture.querySelector("style")?.remove(); // page.css has it once for all charts
  const words = bars.map((bar) => `${bar.name}: ${bar.label}`).join("; ");
  return element("div", { role: "img", "aria-label": `${about}. ${words}` }, picture);
}

function hasValue({ value }: Bar): boolean {
  return value !== undefined;
}

function tickOfRatio(value: number): string {
  return value < 1 ? `1/${Number((1 / value).toPrecision(2))}` : `${Number(value.toPrecision(2))}×`;
}
