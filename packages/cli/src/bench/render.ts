import { count, milliseconds, significant } from "../report/numbers.ts";
import type { Style } from "../report/style.ts";
import { table } from "../report/table.ts";
import { recommendation } from "./crossover.ts";
import type { BenchCase, BenchReport } from "./report.ts";

/** The report for people. */
export function renderBench({ backends, cases, crossover }: BenchReport, style: Style): string {
  const measured = backends.flatMap((each) => (each.available ? [each] : []));
  const head = ["rows × classes", ...measured.map(({ name, software }) => (software ? `${name} (software)` : name))];
  const lines = cases.map((each) => [
    `${count(each.rows)} × ${count(each.classes)}`,
    ...measured.map(({ name }) => cell(each, name, style)),
  ]);
  const missing = backends.flatMap((each) => (each.available ? [] : [`${each.name}: ${each.reason}\n`]));
  const parts = [
    table(lines, { head, align: ["left", ...measured.map(() => "right" as const)] }),
    style.dim("median ms of a mean cross entropy, f32, and logits read a second\n"),
    ...missing.map((line) => style.dim(line)),
    `\n${style.strong("take")}  ${recommendation(crossover)}\n`,
  ];
  return parts.join("");
}

function cell({ rows, classes, times }: BenchCase, name: string, style: Style): string {
  const time = times.find(({ backend }) => backend === name)?.milliseconds ?? NaN;
  const fastest = Math.min(...times.map((each) => each.milliseconds));
  const rate = `${significant((rows * classes * 4) / time / 1e6, 2)} GB/s`;
  const text = time < 0.1 ? significant(time, 2) : milliseconds(time);
  return `${time === fastest ? style.good(text) : text} ${style.dim(rate)}`;
}
