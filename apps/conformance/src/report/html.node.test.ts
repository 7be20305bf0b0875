import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { htmlReport } from "./html.ts";
import type { ConformanceReport, LaneReport } from "./report.ts";
import { sampleReport } from "./sample-report.ts";

const HOSTILE = `</style><script>alert("1")</script><img src=x onerror='alert(2)'>&amp;"'`;
const VOID = new Set(["meta", "link", "wbr", "br", "img", "col", "input", "hr"]);

const [green, broken, absent] = sampleReport().lanes as [LaneReport, LaneReport, LaneReport];
const withLanes = (...lanes: readonly LaneReport[]): ConformanceReport => ({ ...sampleReport(), lanes });
const parsed = (report: ConformanceReport): Document => parseHTML(htmlReport(report)).document;
const textOf = (node: Element | null): string => (node?.textContent ?? "").replace(/\s+/g, " ").trim();

/** Every text of a report replaced by `text`, numbers and structure kept. */
function withTexts(value: unknown, text: string): unknown {
  if (typeof value === "string") return text;
  if (Array.isArray(value)) return value.map((each) => withTexts(each, text));
  if (typeof value !== "object" || value === null) return value;
  const entries: [string, unknown][] = Object.entries(value);
  return Object.fromEntries(entries.map(([key, each]) => [key, key === "stage" ? each : withTexts(each, text)]));
}

/** The tags that are opened and not closed, or closed and not opened. */
function unbalanced(page: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, close, name = "", rest = ""] of page.matchAll(/<(\/?)([a-zA-Z][\w-]*)((?:[^<>"]|"[^"]*")*)>/g)) {
    if (VOID.has(name) || rest.endsWith("/")) continue;
    if (close === "") open.push(name);
    else if (open.at(-1) === name) open.pop();
    else wrong.push(name);
  }
  return [...open, ...wrong];
}

describe("htmlReport", () => {
  const page = htmlReport(sampleReport());
  const { document } = parseHTML(page);

  it("is well-formed", () => {
    expect(page).toMatch(/^<!doctype html>/);
    expect(unbalanced(page)).toEqual([]);
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("loads nothing and runs nothing", () => {
    const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute("content");
    expect(policy).toBe("default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    expect(page.match(/https?:[^"' ]*/g) ?? []).toEqual([]);
    expect(document.querySelectorAll("script, img, iframe, object, [src]")).toHaveLength(0);
    for (const link of document.querySelectorAll("[href]"))
      expect(link.getAttribute("href")).toMatch(/^(#|data:image)/);
  });

  it("links only to what is there", () => {
    for (const each of [document, ...[withLanes(), withLanes(green), withLanes(absent)].map(parsed)]) {
      for (const link of each.querySelectorAll("a")) {
        expect(each.getElementById(link.getAttribute("href")?.slice(1) ?? "")).not.toBeNull();
      }
    }
  });

  it("shows the verdict, when, on what, the command and the totals", () => {
    expect(textOf(document.querySelector("h1"))).toBe("✕ 2 of 3 lanes fail");
    const header = textOf(document.querySelector("header"));
    for (const text of ["Node 24.21.0, linux x64", "2026-03-14 09:26 UTC", sampleReport().command, "30,955"]) {
      expect(header).toContain(text);
    }
  });

  it("has a row for each operation and a column for each lane and dtype", () => {
    const rows = [...document.querySelectorAll(".matrix tbody tr")];
    expect(rows).toHaveLength(17);
    expect(textOf(document.querySelector(".matrix tbody td"))).toBe("✓passed 283 3.87 ULP ×0.98");
    for (const row of rows.slice(1)) expect(row.querySelectorAll("td")).toHaveLength(8);
    expect(document.querySelectorAll(".matrix td.fail")).toHaveLength(9);
    expect(document.querySelectorAll(".matrix td.refused")).toHaveLength(17);
    expect(document.querySelectorAll(".matrix td.none")).toHaveLength(3);
  });

  it("labels tables, headings and charts", () => {
    for (const table of document.querySelectorAll("table")) {
      expect(textOf(table.querySelector("caption"))).not.toBe("");
      for (const heading of table.querySelectorAll("th")) expect(heading.getAttribute("scope")).not.toBeNull();
    }
    const charts = [...document.querySelectorAll("figure svg")];
    expect(charts).toHaveLength(34);
    for (const chart of charts) expect(chart.parentElement?.getAttribute("aria-label")).toMatch(/^Errors of /);
    const first = textOf(document.querySelector("figure svg rect title"));
    expect(first).toMatch(/^f32, exactly right: [\d.]+%, [\d,]+ numbers$/);
  });

  it("has a bar for each bin that is not empty", () => {
    const bins = [green, broken].flatMap((lane) => lane.cells.flatMap((cell) => cell.histogram));
    expect(document.querySelectorAll("figure svg rect")).toHaveLength(bins.filter((bin) => bin > 0).length);
  });

  it("has every failure, with its address, message, elements and command", () => {
    const items = [...document.querySelectorAll(".failure")];
    expect(items).toHaveLength(broken.failures.length);
    for (const [i, failure] of broken.failures.entries()) {
      const item = items[i] ?? null;
      expect(textOf(item?.querySelector(".address") ?? null)).toBe(failure.address);
      expect(textOf(item?.querySelector("pre code") ?? null)).toBe(failure.command);
      expect(textOf(item)).toContain(failure.message);
      expect(item?.querySelectorAll("tbody tr") ?? []).toHaveLength(failure.wrong.length);
    }
    const row = document.querySelectorAll(".failure tbody tr")[0] ?? null;
    expect(textOf(row)).toBe("8193 2 1 0.00024419 0.00024414062 4.94e-8 ± 2.9e-11");
  });

  it("keeps failures that it folds away", () => {
    const many = Array.from({ length: 40 }, () => broken.failures).flat();
    const { document: long } = parseHTML(htmlReport(withLanes({ ...broken, failures: many })));
    expect(long.querySelectorAll(".failure")).toHaveLength(many.length);
    expect(textOf(long.querySelector(".more > summary"))).toBe("335 more");
  });

  it("has refusals by reason", () => {
    const rows = [...document.querySelectorAll("#refusals tbody tr")].map(textOf);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/^node-wasm f16 is not supported: .* 527$/);
  });

  it("escapes whatever text a report holds", () => {
    const hostile = withTexts(sampleReport(), HOSTILE) as ConformanceReport;
    const source = htmlReport(hostile);
    expect(source).not.toContain("<script");
    expect(source).not.toContain("<img");
    expect(unbalanced(source)).toEqual([]);
    const { document: safe } = parseHTML(source);
    expect(safe.querySelectorAll("script, img, [onerror]")).toHaveLength(0);
    expect(safe.querySelector(".failure .address")?.textContent).toBe(HOSTILE);
    expect(safe.querySelector(".card .name")?.textContent).toBe(HOSTILE);
    expect(safe.querySelector("figcaption")?.textContent).toBe(HOSTILE);
  });

  it("passes when all lanes pass", () => {
    const passing = parsed(withLanes(green));
    expect(textOf(passing.querySelector("h1"))).toBe("✓ The lane passes");
    expect(passing.querySelectorAll(".failed, #failures, #refusals")).toHaveLength(0);
  });

  it("shows a lane with a problem or without cases as failed", () => {
    const none = { cases: 0, passed: 0, failed: 0, refused: 0, numbers: 0 };
    const { problem: _problem, ...silent } = absent;
    for (const lane of [absent, silent, { ...green, totals: none }, { ...green, problem: "the GPU was lost" }]) {
      const failing = parsed(withLanes(lane));
      expect(textOf(failing.querySelector("h1"))).toBe("✕ The lane fails");
      expect(failing.querySelectorAll(".card.failed")).toHaveLength(1);
      expect(failing.querySelectorAll(".lane.failed")).toHaveLength(lane.cells.length > 0 ? 1 : 0);
      expect(failing.querySelectorAll(".passed")).toHaveLength(0);
    }
    expect(textOf(parsed(withLanes()).querySelector("h1"))).toBe("✕ No lane ran");
  });

  it("does not show cells as passed whose lane has a problem", () => {
    const lost = parsed(withLanes({ ...green, problem: "the GPU was lost" }));
    expect(lost.querySelectorAll(".matrix .pass")).toHaveLength(0);
    expect(lost.querySelectorAll(".matrix .void")).toHaveLength(green.cells.length);
  });
});
