import { readFileSync } from "node:fs";
import { machineText } from "../run/machine.ts";
import { charts, ratioTo, SHARE_OF_LIMIT, standardOf } from "./charts.ts";
import { bundleText } from "./document.ts";
import { element, section, table } from "./elements.ts";
import { surroundingsText } from "./surroundings-text.ts";
import type { BenchReport, EntrantReport, Row, Standing } from "./report.ts";
import {
  caseText,
  factsText,
  mebibytes,
  PASS_NAMES,
  percent,
  significant,
  spread,
  statusWord,
  time,
  times,
} from "./words.ts";

const STYLE = readFileSync(new URL("page.css", import.meta.url), "utf8");

/** Nothing is loaded and nothing runs, whatever a report holds. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** What a run found, as one page that needs no other file, no network and no script. */
export function htmlPage(report: BenchReport): string {
  return pageOf("Surprisal benchmarks", header(report), main(report));
}

/** A page in the style of this one. */
export function pageOf(title: string, ...contents: readonly Element[]): string {
  const head = element(
    "head",
    {},
    element("meta", { charset: "utf-8" }),
    element("meta", { "http-equiv": "Content-Security-Policy", content: POLICY }),
    element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    element("meta", { name: "color-scheme", content: "light dark" }),
    element("title", {}, title),
    element("style", {}, STYLE),
  );
  const page = element("html", { lang: "en" }, head, element("body", {}, ...contents));
  return `<!doctype html>\n${page.outerHTML}\n`;
}

function header(report: BenchReport): Element {
  const { machine, created, command, rounds, warmUpRounds, seconds } = report;
  return element(
    "header",
    {},
    element("p", { class: "overline" }, "Surprisal · benchmarks"),
    element("h1", {}, "Speed beside other ways to compute the same"),
    element(
      "p",
      { class: "facts" },
      element("time", { datetime: created }, `${created.slice(0, 16).replace("T", " ")} UTC`),
      ` · ${machineText(machine)} · ${rounds} rounds after ${warmUpRounds} to warm up · ${(seconds / 60).toFixed(1)} min · `,
      element("code", {}, command),
    ),
  );
}

function main(report: BenchReport): Element {
  const standard = standardOf(report);
  return element(
    "main",
    {},
    section(
      "ratio",
      `Speed, ${standard} = 1`,
      intro(`How many times as fast as ${standard}, on a logarithmic scale: bars to the right are faster.`),
      legend(report),
      charts(report, ratioTo(standard)),
    ),
    ...(report.where === "node" ? [limitSection(report)] : []),
    section("figures", "All figures", figureTable(report)),
    section("contestants", "Contestants", entrantTable(report)),
  );
}

function limitSection(report: BenchReport): Element {
  return section(
    "limit",
    "Share of what memory allows",
    intro(
      `${surroundingsText(report)} The limit is the time to read each input and to write each output once at that speed; what fits into caches can go beyond it.`,
    ),
    charts(report, SHARE_OF_LIMIT),
  );
}

function intro(text: string): Element {
  return element("p", { class: "intro" }, text);
}

function legend({ entrants }: BenchReport): Element {
  const entry = (role: EntrantReport["role"], kind: string, text: string): Element[] =>
    entrants.some((each) => each.role === role)
      ? [element("li", {}, element("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), text)]
      : [];
  const entries = [
    ...entry("ours", "near", "this library"),
    ...entry("loop", "far", "careful loop"),
    ...entry("steps", "far", "two steps"),
    ...entry("peer", "peer", "other libraries"),
  ];
  return element("ul", { class: "legend" }, ...entries);
}

function figureTable({ rows }: BenchReport): Element {
  const head = [
    "case",
    "pass",
    "contestant",
    "median",
    "noise",
    "×",
    "rate",
    "of the limit",
    "first call",
    "memory",
    "error",
  ];
  return table(
    head,
    rows.flatMap((row) => row.standings.map((standing) => figureLine(row, standing))),
  );
}

function figureLine(row: Row, standing: Standing): string[] {
  const place = [caseText(row.case), PASS_NAMES[row.pass], standing.name];
  if (standing.status !== "timed") return [...place, `${statusWord(standing)}: ${standing.reason}`, ...BLANKS];
  const { ratio, gigabytesPerSecond, gigaflops, share, firstMs, peakBytes, exact, error } = standing;
  return [
    ...place,
    time(standing.median),
    spread(standing),
    ratio === undefined ? "" : times(ratio),
    gigaflops === undefined ? `${significant(gigabytesPerSecond)} GB/s` : `${significant(gigaflops)} GFLOP/s`,
    share === undefined ? "" : percent(share),
    time(firstMs),
    peakBytes === undefined ? "" : mebibytes(peakBytes),
    `${exact ? "" : "≈ "}${error.toExponential(1)}`,
  ];
}

const BLANKS = ["", "", "", "", "", "", ""];

function entrantTable({ entrants }: BenchReport): Element {
  const lines = entrants.map((entrant) => [entrant.name, factsText(entrant), bundleText(entrant)]);
  return table(["contestant", "what it is", "bundle, min + gzip"], lines);
}
