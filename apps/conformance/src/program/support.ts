import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { LaneReport, Refusal } from "../report/report.ts";

// What each lane refuses, committed: a refusal that nobody has agreed to is a failure, and so is one that is gone.

function fileOf(lane: string): URL {
  return new URL(`../../support/${lane}.json`, import.meta.url);
}

/** Writes what a lane refuses. */
export function writeSupport({ lane, refusals }: LaneReport): void {
  const entries = [...refusals].toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
  writeFileSync(fileOf(lane), `${JSON.stringify({ lane, refusals: entries }, undefined, 2)}\n`);
}

/** The report with a problem, where its refusals are not those that are committed. A `partial` run may have fewer. */
export function checkSupport(report: LaneReport, partial: boolean): LaneReport {
  if (report.problem !== undefined) return report;
  const file = fileOf(report.lane);
  if (!existsSync(file))
    return { ...report, problem: `support/${report.lane}.json is missing; --update-support writes it` };
  const { refusals } = JSON.parse(readFileSync(file, "utf8")) as { readonly refusals: readonly Refusal[] };
  const agreed = new Map(refusals.map((refusal) => [keyOf(refusal), refusal.cases]));
  const found = new Map(report.refusals.map((refusal) => [keyOf(refusal), refusal.cases]));
  const differences = [
    ...[...found].filter(([key, cases]) => (partial ? cases > (agreed.get(key) ?? 0) : cases !== agreed.get(key))),
    ...[...agreed].filter(([key]) => !partial && !found.has(key)),
  ].map(([key]) => `${key}: ${found.get(key) ?? 0} cases, ${agreed.get(key) ?? 0} in support/${report.lane}.json`);
  if (differences.length === 0) return report;
  return {
    ...report,
    problem: `refusals are not those agreed (--update-support writes them): ${differences.join("; ")}`,
  };
}

function keyOf({ operation, reason }: Refusal): string {
  return `${operation}: ${reason}`;
}
