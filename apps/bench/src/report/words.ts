import { type BenchCase, shapeText } from "../cases.ts";
import type { Pass } from "../contestant.ts";
import type { EntrantReport, Standing } from "./report.ts";
import type { Summary } from "../run/statistics.ts";

/** A pass as people call it. */
export const PASS_NAMES: Readonly<Record<Pass, string>> = { forward: "forward", gradient: "forward + gradient" };

/** `imagenet [4096, 1000]`. */
export function caseText(benchCase: BenchCase): string {
  return `${benchCase.id} ${shapeText(benchCase)}`;
}

/** `25.3 ms`, `7.18 µs`, `2.10 s`. */
export function time(ms: number): string {
  if (ms < 0.1) return `${significant(ms * 1000)} µs`;
  return ms < 10_000 ? `${significant(ms)} ms` : `${significant(ms / 1000)} s`;
}

/** `25.3 ms (25.1 – 32.1)`. */
export function timeAndSpread({ median, min, max }: Summary): string {
  const factor = median < 0.1 ? 1000 : median < 10_000 ? 1 : 1e-3;
  return `${time(median)} (${significant(min * factor)} – ${significant(max * factor)})`;
}

/** Half of the distance from smallest to largest, of the median: `±7 %`. */
export function spread({ median, min, max }: Summary): string {
  return `±${((50 * (max - min)) / median).toFixed(0)} %`;
}

/** Three digits, or all before the point. */
export function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** `1.37×`, `0.0225×`. */
export function times(ratio: number): string {
  return `${significant(ratio)}×`;
}

/** `0.3 MiB`, `751 MiB`. */
export function mebibytes(bytes: number): string {
  const value = bytes / 2 ** 20;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} MiB`;
}

/** `64 %`, `0.3 %`. */
export function percent(share: number): string {
  return `${share < 0.1 ? (share * 100).toFixed(1) : (share * 100).toFixed(0)} %`;
}

/** `12.3 kB`. */
export function kilobytes(bytes: number): string {
  return `${significant(bytes / 1000)} kB`;
}

/** Why there is no time, in a word; the reason stands elsewhere. */
export function statusWord(standing: Exclude<Standing, { readonly status: "timed" }>): string {
  return standing.status === "refused" ? "refuses" : standing.status;
}

/** What an entrant says of itself, and what the list says of it. */
export function factsText({ facts, threads, residency }: EntrantReport): string {
  const own = Object.entries(facts).filter(([name]) => name !== "threads");
  const said = own.map(([name, value]) => `${name} ${value}`);
  const counted = threads === undefined ? [] : [threads === 1 ? "1 thread" : `${threads} threads`];
  return [...said, ...counted, `inputs: ${residency}`].join(", ");
}

/** What Markdown would take for its own. */
export function escaped(text: string): string {
  return text.replace(/[\\`*_<>[\]|]/g, String.raw`\$&`);
}

/** Lines as a Markdown table with aligned columns. */
export function markdownTable(lines: readonly (readonly string[])[]): string {
  const [head = []] = lines;
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const pad = (line: readonly string[]): string =>
    `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [pad(head), rule, ...lines.slice(1).map(pad)].join("\n");
}
