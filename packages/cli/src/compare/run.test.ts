import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { EXIT } from "../exit.ts";
import { Captured, fixture, plainLines, run } from "../testing/io.ts";
import { npyBytes, temporary } from "../testing/npy.ts";
import type { CompareReport } from "./report.ts";
import { type CompareSetting, runCompare } from "./run.ts";

/** Logits of 300 rows of 7 classes, those of another model near by, and targets of which every tenth is ignored. */
function files(): { a: string; b: string; targets: string } {
  const a = Float64Array.from({ length: 2100 }, (_, i) => 3 * Math.sin(i * i));
  const b = a.map((x, i) => x + 0.2 * Math.cos(7 * i));
  const targets = Int32Array.from({ length: 300 }, (_, i) => (i % 10 === 0 ? -100 : (i * 5) % 7));
  return {
    a: temporary(npyBytes({ descr: "<f8", shape: "(300, 7)", data: a })),
    b: temporary(npyBytes({ descr: "<f4", shape: "(300, 7)", data: new Float32Array(b) })),
    targets: temporary(npyBytes({ descr: "<i4", shape: "(300,)", data: targets })),
  };
}

async function reportOf(setting: CompareSetting = {}): Promise<Record<string, unknown>> {
  const stdout = new Captured();
  await runCompare(files(), { backend: "cpu", json: true }, { stdout, stderr: new Captured() }, setting);
  return JSON.parse(stdout.text) as Record<string, unknown>;
}

it("compares two files with the definitions, in f64", async () => {
  const report = await reportOf();
  const wanted = byDefinition();
  const found = report as { difference: { mean: number }; divergence: { mean: number }; sameTop: { count: number } };
  expect(report).toMatchObject({ version: 1, command: "compare", rows: 300, keptRows: 270, backend: { name: "cpu" } });
  expect(found.difference.mean).toBeCloseTo(wanted.difference, 12);
  expect(found.divergence.mean).toBeCloseTo(wanted.divergence, 12);
  expect(found.sameTop.count).toBe(wanted.sameTop);
});

it("does not depend on how much is read at a time", async () => {
  const { milliseconds: _one, files: _first, ...whole } = await reportOf();
  const { milliseconds: _two, files: _second, ...small } = await reportOf({ blockBytes: 7 * 8 * 13 });
  expect(small).toEqual(whole);
});

it("shows both models, their difference, divergence and quantiles", async () => {
  const { a, b, targets } = files();
  const { code, stdout, stderr } = await run("compare", a, b, targets, "--backend", "cpu");
  expect({ code, stderr }).toEqual({ code: EXIT.done, stderr: "" });
  const text = plainLines(stdout).join("\n");
  for (const label of ["loss B − A", "perplexity B / A", "KL(A‖B)", "p(target) B − A", "same prediction", "99.9 %"]) {
    expect(text).toContain(label);
  }
  expect(text).toContain("300 rows, 270 kept, 30 left out");
});

it("says of each model which losses are not finite, and why", async () => {
  const [broken, targets] = [fixture("broken-logits.npy"), fixture("broken-targets.npy")];
  const fine = temporary(npyBytes({ descr: "<f4", shape: "(8, 3)", data: new Float32Array(24) }));
  const { stdout } = await run("compare", fine, broken, targets, "--json");
  const { a, b } = JSON.parse(stdout) as CompareReport;
  expect(a.nonFinite).toEqual({ causes: [], rows: [] });
  // in f64 the gap of row 6 is a number
  expect(b.nonFinite.rows.map(({ row, cause }) => [row, cause])).toEqual([
    [1, "logit-nan"],
    [2, "logit-infinite"],
    [3, "logits-all-minus-infinite"],
    [4, "target-logit-minus-infinite"],
  ]);
  const { stdout: text } = await run("compare", fine, broken, targets);
  expect(text).toMatch(/^4 not finite in B {2}first in row 1: a logit is NaN \(class 2\)$/m);
  expect(text).not.toContain("not finite in A");
});

it("a model beside itself", async () => {
  const logits = fixture("logits-f4.npy");
  const { stdout } = await run("compare", logits, logits, fixture("targets-i8.npy"), "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    difference: { mean: 0, standardError: 0 },
    divergence: { mean: 0, maximum: 0 },
    perplexityRatio: { value: 1, low: 1, high: 1 },
    sameTop: { share: 1 },
  });
});

it("probabilities are the same as their logarithms", async () => {
  const probabilities = Float64Array.of(0.5, 0.25, 0.25, 0.125, 0.125, 0.75);
  const file = temporary(npyBytes({ descr: "<f8", shape: "(2, 3)", data: probabilities }));
  const logits = temporary(npyBytes({ descr: "<f8", shape: "(2, 3)", data: probabilities.map(Math.log) }));
  const targets = temporary(npyBytes({ descr: "<i4", shape: "(2,)", data: Int32Array.of(0, 1) }));
  const both = [
    await run("compare", file, file, targets, "--json", "--from-probabilities"),
    await run("compare", logits, logits, targets, "--json"),
  ];
  const losses = both.map(({ stdout }) => (JSON.parse(stdout) as { a: { loss: { mean: number } } }).a.loss.mean);
  expect(losses[0]).toBe(losses[1]);
  expect(losses[0]).toBeCloseTo(2 * Math.LN2, 14);
});

it("refuses files that do not go together, and standard input", async () => {
  const { a, targets } = files();
  const wider = temporary(npyBytes({ descr: "<f8", shape: "(300, 8)", data: new Float64Array(2400) }));
  const other = await run("compare", a, wider, targets);
  expect(other).toMatchObject({ code: EXIT.badInput, stdout: "" });
  expect(other.stderr).toContain("logits of both models must have one shape, [300, 7]");
  expect(await run("compare", a, fixture("logits-f4.npy"), targets)).toMatchObject({ code: EXIT.badInput, stdout: "" });
  const stdin = await run("compare", a, "-", targets);
  expect(stdin).toMatchObject({ code: EXIT.usage, stdout: "" });
  const broken = temporary(npyBytes({ descr: "<f8", shape: "(300, 7)", data: new Float64Array(2000) }));
  expect(await run("compare", a, broken, targets)).toMatchObject({ code: EXIT.badInput, stdout: "" });
  writeFileSync(broken, "");
  expect(await run("compare", broken, a, targets)).toMatchObject({ code: EXIT.badInput, stdout: "" });
});

function byDefinition(): { difference: number; divergence: number; sameTop: number } {
  const totals = { difference: 0, divergence: 0, sameTop: 0 };
  for (let row = 0; row < 300; row++) {
    if (row % 10 === 0) continue;
    const x = Array.from({ length: 7 }, (_, c) => 3 * Math.sin((row * 7 + c) ** 2));
    const y = x.map((each, c) => Math.fround(each + 0.2 * Math.cos(7 * (row * 7 + c))));
    const [p, q] = [x, y].map((z) => {
      const log = Math.log(z.reduce((sum, each) => sum + Math.exp(each), 0));
      return z.map((each) => each - log);
    });
    if (p === undefined || q === undefined) throw new Error("two models");
    const target = (row * 5) % 7;
    totals.difference += ((p[target] ?? NaN) - (q[target] ?? NaN)) / 270;
    totals.divergence += p.reduce((sum, each, c) => sum + Math.exp(each) * (each - (q[c] ?? NaN)), 0) / 270;
    if (p.indexOf(Math.max(...p)) === q.indexOf(Math.max(...q))) totals.sameTop++;
  }
  return totals;
}
