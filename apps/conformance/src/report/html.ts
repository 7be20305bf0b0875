import { readFileSync } from "node:fs";
import { histogramSection } from "./html-charts.ts";
import { failureSection } from "./html-failures.ts";
import { headerSection, laneSection } from "./html-header.ts";
import { matrixSection } from "./html-matrix.ts";
import { refusalSection, worstSection } from "./html-tables.ts";
import { type Content, html, type Markup, source, trusted } from "./markup.ts";
import type { ConformanceReport } from "./report.ts";
import { reportVerdict } from "./verdict.ts";

const STYLE = ["html-base.css", "html-sections.css", "html-lists.css"]
  .map((name) => readFileSync(new URL(name, import.meta.url), "utf8"))
  .join("\n");

/** Nothing is loaded and nothing runs, whatever a report holds. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** What a run found, as one page that needs no other file, no network and no script. */
export function htmlReport(report: ConformanceReport): string {
  const { passed, reason } = reportVerdict(report);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${passed ? "✓" : "✕"} ${reason} · Surprisal conformance</title>
        <link rel="icon" href="${icon(passed)}" />
        <style>
          ${trusted(STYLE)}
        </style>
      </head>
      <body>
        ${headerSection(report)}
        <main>${sections(report)}</main>
      </body>
    </html> `;
  return source(page);
}

function sections(report: ConformanceReport): Content {
  return [
    laneSection(report),
    matrixSection(report),
    failureSection(report),
    refusalSection(report),
    histogramSection(report),
    worstSection(report),
  ] satisfies readonly (Markup | undefined)[];
}

/** A picture for the browser's tab: a disc that passes, a square that fails. */
function icon(passed: boolean): string {
  const shape = passed
    ? '<circle cx="8" cy="8" r="7" fill="#0b7a5e"/>'
    : '<rect x="1" y="1" width="14" height="14" rx="2" fill="#c8460f"/>';
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${shape}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(picture)}`;
}
