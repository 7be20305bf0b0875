import { magnitude, milliseconds } from "../report/numbers.ts";
import type { Style } from "../report/style.ts";
import { table } from "../report/table.ts";
import type { BackendReport, CheckReport, DoctorReport, FoundBackend, SystemFacts } from "./report.ts";

/** The report of `surprisal doctor` as text. */
export function renderDoctor({ system, backends, auto, healthy }: DoctorReport, style: Style): string {
  const parts = [systemRows(system, style), ...backends.map((each) => backendRows(each, style))];
  if (auto !== undefined) parts.push([[style.dim("auto"), `--backend auto takes ${style.strong(auto)}`]]);
  const verdict = healthy
    ? `${style.good("✓")} ${style.strong("what was found computes correctly")}`
    : `${style.bad("✗")} ${style.strong("something is wrong, see above")}`;
  const rows = parts.flatMap((part) => [...part, ["", ""]]); // one table, so that all of it is aligned
  return `${table(rows)}${verdict}\n`;
}

function systemRows(
  { node, v8, platform, arch, processor, processors, memoryBytes, packages }: SystemFacts,
  style: Style,
): string[][] {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return [
    [style.dim("runs on"), `Node ${node} (V8 ${v8}), ${platform} ${arch}`],
    [style.dim("machine"), `${processors} × ${processor || "processor"}, ${bytes(memoryBytes)}`],
    [style.dim("packages"), versions.join("\n")],
  ];
}

function backendRows(report: BackendReport, style: Style): string[][] {
  const { name, available, advice } = report;
  const rows = available ? foundRows(report, style) : [[style.dim("because"), report.reason]];
  const mark = available ? (report.correct ? style.good("✓") : style.bad("✗")) : style.dim("–");
  const state = available ? (report.correct ? "found" : "found, and wrong") : "not found";
  return [
    [`${mark} ${style.strong(name)}`, state],
    ...rows.map(([label = "", text = ""]) => [`  ${label}`, text]),
    ...advice.map((each) => [`  ${style.accent("to do")}`, each]),
  ];
}

function foundRows({ facts, checks, milliseconds: taken }: FoundBackend, style: Style): string[][] {
  const wrong = checks.filter(({ correct }) => !correct);
  const right = `${checks.length - wrong.length} of ${checks.length} checks right, ${milliseconds(taken)} ms`;
  return [
    ...factRows(facts).map(([label, text]) => [style.dim(label), text]),
    [style.dim("checked"), right],
    ...wrong.map((each) => [style.bad("wrong"), wrongText(each)]),
  ];
}

function wrongText({ name, difference, bound, problem }: CheckReport): string {
  if (problem !== undefined) return `${name}: ${problem}`;
  return `${name}: ${magnitude(difference ?? NaN)} off, where rounding explains ${magnitude(bound)}`;
}

/** The facts that tell a user something, in words; all of them are in `--json`. */
function factRows(facts: Readonly<Record<string, unknown>>): [label: string, text: string][] {
  const rows: [string, string][] = [];
  const adapter = ["vendor", "architecture", "device", "description"].map((key) => textOf(facts[key])).filter(Boolean);
  if (adapter.length > 0)
    rows.push(["adapter", [...adapter, ...(facts["software"] === true ? ["in software"] : [])].join(", ")]);
  if (facts["maxBufferBytes"] !== undefined) {
    rows.push([
      "buffers",
      `of ${bytes(facts["maxBufferBytes"])} at most, ${bytes(facts["maxBoundBytes"])} bound at a time`,
    ]);
  }
  if (isRecord(facts["limits"])) {
    rows.push([
      "limits",
      Object.entries(facts["limits"])
        .map(([name, value]) => `${name} ${textOf(value)}`)
        .join("\n"),
    ]);
  }
  if (Array.isArray(facts["features"])) rows.push(["features", inLines(facts["features"].map(textOf)) || "none"]);
  if (facts["simd"] !== undefined) {
    rows.push(["simd", [facts["simd"], facts["notRelaxedBecause"]].map(textOf).filter(Boolean).join(": ")]);
  }
  if (facts["threads"] !== undefined) {
    const why = facts["oneThreadBecause"] ?? facts["because"];
    rows.push(["threads", [facts["threads"], why].map(textOf).filter(Boolean).join(": ")]);
  }
  if (facts["maxBytes"] !== undefined) rows.push(["memory", `${bytes(facts["maxBytes"])} at most`]);
  if (facts["arithmetic"] !== undefined) rows.push(["arithmetic", textOf(facts["arithmetic"])]);
  return rows;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join("; ");
  return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}

/** Words in lines that fit beside the labels. */
function inLines(words: readonly string[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length > 62) lines.push(word);
    else lines[lines.length - 1] = `${last}, ${word}`;
  }
  return lines.join(",\n");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bytes(value: unknown): string {
  const mebibytes = Number(value) / 2 ** 20;
  return mebibytes >= 1024 ? `${Number((mebibytes / 1024).toFixed(1))} GiB` : `${Math.floor(mebibytes)} MiB`;
}
