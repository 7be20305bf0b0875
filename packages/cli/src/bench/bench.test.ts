import { readFileSync } from "node:fs";
import { cpu } from "@surprisal/core";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it } from "vitest";
import { EXIT } from "../exit.ts";
import { Captured } from "../testing/io.ts";
import { crossoverOf, recommendation } from "./crossover.ts";
import type { BenchCase, BenchReport } from "./report.ts";
import { type BenchSetting, runBench } from "./run.ts";

const QUICK: BenchSetting = {
  entries: [
    { name: "gpu", create: () => Promise.reject(new Error("no adapter")) },
    { name: "cpu", create: () => Promise.resolve(cpu()) },
  ],
  sizes: [
    { rows: 2, classes: 3 },
    { rows: 4, classes: 3 },
  ],
  effort: { milliseconds: 0, fewestRuns: 2 },
};

async function output(backend: string, json: boolean): Promise<string> {
  const stdout = new Captured();
  await runBench({ backend, json }, { stdout, stderr: new Captured() }, QUICK);
  return stdout.text;
}

/** Sizes of ten times as many logits each, with the times of "a" and of "b". */
function casesOf(...times: readonly (readonly [a: number, b: number])[]): BenchCase[] {
  return times.map(([a, b], i) => ({
    rows: 10 ** i,
    classes: 10,
    times: [
      { backend: "a", milliseconds: a, runs: 3 },
      { backend: "b", milliseconds: b, runs: 3 },
    ],
  }));
}

it("writes what its schema says", async () => {
  const schema: unknown = JSON.parse(readFileSync(new URL("../../schema/bench.json", import.meta.url), "utf8"));
  const validate = new Ajv2020({ strict: true }).compile(schema as object);
  const report = JSON.parse(await output("auto", true)) as BenchReport;
  validate(report);
  expect(validate.errors ?? []).toEqual([]);
  expect(validate({ ...report, cases: [{}] })).toBe(false);
  expect(report.backends.map(({ name, available }) => [name, available])).toEqual([
    ["gpu", false],
    ["cpu", true],
  ]);
  expect(report.cases.map(({ times }) => times.map(({ backend, runs }) => [backend, runs]))).toEqual([
    [["cpu", 2]],
    [["cpu", 2]],
  ]);
});

it("shows a table, why a backend is missing, and what to take", async () => {
  const text = await output("auto", false);
  expect(text).toMatch(/^rows × classes +cpu$/m);
  expect(text).toMatch(/^2 × 3 +[\d.e-]+ [\d.e-]+ GB\/s$/m);
  expect(text).toContain("gpu: no adapter");
  expect(text).toMatch(/^take {2}cpu at every size$/m);
});

it("says where the fastest changes, and takes no notice of a single size between", () => {
  const changing = crossoverOf(casesOf([1, 2], [2, 1], [9, 3]));
  expect(changing).toEqual([
    { fromLogits: 10, backend: "a" },
    { fromLogits: 100, backend: "b" },
  ]);
  expect(recommendation(changing)).toBe("a for a few logits, b from 100 logits on");
  expect(crossoverOf(casesOf([2, 1], [1, 2], [9, 3]))).toEqual([{ fromLogits: 10, backend: "b" }]);
  expect(recommendation([])).toBe("no backend can be had");
});

it("a backend that cannot be had is exit code 4", async () => {
  await expect(output("gpu", true)).rejects.toMatchObject({ exitCode: EXIT.backendUnavailable });
});
