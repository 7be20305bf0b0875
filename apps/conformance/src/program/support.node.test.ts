import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import type { LaneReport, Refusal } from "../report/report.ts";
import { LANES } from "./lanes.ts";
import { checkSupport } from "./support.ts";

const refusal: Refusal = { operation: "softmax", reason: "only on Sundays", cases: 3 };

function report(lane: string, refusals: readonly Refusal[]): LaneReport {
  const totals = { cases: 9, passed: 9, failed: 0, refused: 0, numbers: 9 };
  return { lane, backend: {}, seconds: 1, totals, cells: [], failures: [], refusals };
}

test("every lane has its file of refusals, and there are no others", () => {
  const files = readdirSync(new URL("../../support", import.meta.url));
  expect(files.toSorted()).toEqual(LANES.map(({ name }) => `${name}.json`).toSorted());
});

test("refusals that are agreed pass", () => {
  expect(checkSupport(report("node-cpu", []), false).problem).toBeUndefined();
});

test.each([false, true])("a refusal that nobody agreed to is a problem (partial run: %s)", (partial) => {
  expect(checkSupport(report("node-cpu", [refusal]), partial).problem).toContain("softmax: only on Sundays");
});

test("a lane without a file has a problem", () => {
  expect(checkSupport(report("node-abacus", []), false).problem).toContain("--update-support");
});
