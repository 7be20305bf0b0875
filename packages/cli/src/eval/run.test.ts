import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Backend, cpu } from "@surprisal/core";
import { describe, expect, it, vi } from "vitest";
import type { BackendEntry } from "../backends.ts";
import { EXIT } from "../exit.ts";
import { readState } from "../state/file.ts";
import { Captured, fixture, type Ran, run } from "../testing/io.ts";
import { npyBytes, temporary } from "../testing/npy.ts";
import type { EvalReport } from "./report.ts";
import { runEval } from "./run.ts";

const expected = JSON.parse(readFileSync(fixture("expected.json"), "utf8")) as {
  readonly f4: { readonly none: readonly number[]; readonly sum: number; readonly mean: number };
  readonly [name: string]: unknown;
};

/** On wasm, whatever else there is; the last of several --backend counts. */
async function evaluate(logits: string, targets: string, ...options: string[]): Promise<EvalReport> {
  const argv = [fixture(logits), fixture(targets), "--json", "--backend", "wasm", ...options];
  const { code, stdout, stderr } = await run("eval", ...argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as EvalReport;
}

/** f32 results: one rounding of an f64 computation. */
function expectLoss(actual: unknown, of: unknown): void {
  expect(typeof actual).toBe("number");
  expect(Math.abs(Number(actual) - Number(of))).toBeLessThanOrEqual(2 ** -24 * Number(of));
}

describe("losses against NumPy's", () => {
  it.each<[string, string, string, string[], unknown]>([
    ["f4", "logits-f4.npy", "targets-i8.npy", [], expected.f4.mean],
    ["sum", "logits-f4.npy", "targets-i8.npy", ["--reduction", "sum"], expected.f4.sum],
    ["f8", "logits-f8.npy", "targets-i8.npy", [], (expected["f8"] as { mean: number }).mean],
    ["f8, Fortran order", "logits-f8-fortran.npy", "targets-i8.npy", [], (expected["f8"] as { mean: number }).mean],
    ["f8, big-endian", "logits-f8-big.npy", "targets-i4-big.npy", [], (expected["f8"] as { mean: number }).mean],
    ["f2", "logits-f2.npy", "targets-i8.npy", [], (expected["f2"] as { mean: number }).mean],
    ["one vector", "logits-vector.npy", "targets-scalar.npy", [], expected["scalar"]],
    [
      "weights of classes",
      "logits-f4.npy",
      "targets-i8.npy",
      ["--weight", fixture("weight.npy")],
      expected["weighted"],
    ],
    [
      "weights of rows",
      "logits-f4.npy",
      "targets-i8.npy",
      ["--row-weight", fixture("row-weight.npy")],
      expected["rowWeighted"],
    ],
    [
      "a mask of rows",
      "logits-f4.npy",
      "targets-i8.npy",
      ["--row-weight", fixture("row-mask.npy")],
      expected["rowMasked"],
    ],
    ["ignored rows", "logits-f4.npy", "targets-ignored.npy", [], expected["ignored"]],
    ["probabilities", "logits-f4.npy", "probabilities.npy", [], expected["probabilities"]],
    ["a volume", "volume.npy", "voxels.npy", [], expected["volume"]],
    ["a volume, classes last", "volume-last.npy", "voxels.npy", ["--class-dim", "-1"], expected["volume"]],
    ["a volume, classes first", "volume-first.npy", "voxels.npy", ["--class-dim", "0"], expected["volume"]],
    ["a volume, Fortran order", "volume-fortran.npy", "voxels-fortran.npy", [], expected["volume"]],
  ])("%s", async (_what, logits, targets, options, loss) => {
    const report = await evaluate(logits, targets, ...options);
    expectLoss(report.loss, loss);
    expect(report.lossBits).toBeCloseTo(Number(report.loss) / Math.LN2, 14);
  });

  it.each(["i1", "i2", "i4", "u1", "u2", "u4", "u8"])("targets of type %s", async (type) => {
    expectLoss((await evaluate("logits-f4.npy", `targets-${type}.npy`)).loss, expected.f4.mean);
  });

  it("reduction none gives one loss per row", async () => {
    const { loss, lossBits, perplexity } = await evaluate("logits-f4.npy", "targets-i8.npy", "--reduction", "none");
    expect(loss).toHaveLength(5);
    expected.f4.none.forEach((each, row) => expectLoss((loss as readonly number[])[row], each));
    expect(lossBits).toHaveLength(5);
    expect(perplexity).toBeCloseTo(Math.exp(expected.f4.mean), 6);
  });

  it.each(["targets-i8.npy", "probabilities.npy"])(
    "row weights multiply losses, and 0 leaves out: %s",
    async (targets) => {
      const rowWeight = [1, 0, 2, 1, 1]; // row-weight.npy
      const none = (await evaluate("logits-f4.npy", targets, "--reduction", "none")).loss as readonly number[];
      const weighted = await evaluate("logits-f4.npy", targets, "--row-weight", fixture("row-weight.npy"));
      const sum = none.reduce((total, loss, row) => total + loss * (rowWeight[row] ?? NaN), 0);
      expect(weighted.loss).toBeCloseTo(sum / 5, 14);
      expect(weighted).toMatchObject({ rows: 5, keptRows: 4 });
    },
  );

  it("options change the loss as their formulas say", async () => {
    const base = await evaluate("logits-f4.npy", "targets-i8.npy");
    const halved = await evaluate("logits-f4.npy", "targets-i8.npy", "--normalizer", "10");
    expect(Number(halved.loss)).toBeCloseTo(Number(base.loss) / 2, 6);
    expect(halved.perplexity).toBeCloseTo(Math.exp(Number(halved.loss)), 12);
    const flat = await evaluate("logits-f4.npy", "targets-i8.npy", "--logit-scale", "0");
    expect(flat.loss).toBeCloseTo(Math.log(3), 6);
    const penalized = await evaluate("logits-f4.npy", "targets-i8.npy", "--logit-scale", "0", "--z-loss", "0.5");
    expect(penalized.loss).toBeCloseTo(Math.log(3) + 0.5 * Math.log(3) ** 2, 6);
    const smooth = await evaluate("logits-f4.npy", "targets-i8.npy", "--label-smoothing", "1", "--softcap", "1e-9");
    expect(smooth.loss).toBeCloseTo(Math.log(3), 6);
    const torch = await evaluate("logits-f4.npy", "targets-i8.npy", "--compat", "torch", "--ignore-index", "-7");
    expect(torch.loss).toBeCloseTo(Number(base.loss), 6); // rounded to f32 on the way, as there
  });
});

describe("the report", () => {
  it("as JSON: one versioned object", async () => {
    const report = await evaluate("volume-last.npy", "voxels.npy", "--class-dim", "-1");
    expect(report).toMatchObject({
      version: 1,
      command: "eval",
      logits: { file: fixture("volume-last.npy"), shape: [2, 4, 3], dtype: "f32", classDim: 2 },
      targets: { file: fixture("voxels.npy"), shape: [2, 4], dtype: "i64", kind: "indices" },
      reduction: "mean",
      rows: 8,
      keptRows: 8,
      backend: { name: "wasm", passedOver: [] },
    });
    expect(report.milliseconds.loss).toBeGreaterThan(0);
    expect(report.perplexity).toBeCloseTo(Math.exp(Number(report.loss)), 12);
  });

  it("names the backend, and those that were passed over", async () => {
    const { backend, loss } = await evaluate("logits-f4.npy", "targets-i8.npy", "--backend", "auto");
    expect(["gpu", "wasm"]).toContain(backend.name);
    expect(backend.passedOver.map(({ name }) => name)).toEqual(backend.name === "gpu" ? [] : ["gpu"]);
    expect(loss).toBeCloseTo(expected.f4.mean, 6);
  });

  it("counts kept rows and correct ones", async () => {
    expect(await evaluate("logits-f4.npy", "targets-i8.npy")).toMatchObject({
      keptRows: 5,
      accuracy: expected["accuracy"],
    });
    expect(await evaluate("logits-f4.npy", "targets-ignored.npy")).toMatchObject({ rows: 5, keptRows: 3 });
    const masked = await evaluate("logits-f4.npy", "targets-i8.npy", "--row-weight", fixture("row-mask.npy"));
    expect(masked).toMatchObject({ rows: 5, keptRows: 4 });
    const weighted = await evaluate("logits-f4.npy", "targets-i8.npy", "--row-weight", fixture("row-weight.npy"));
    expect(weighted).toMatchObject({ keptRows: 4, correct: masked.correct });
  });

  it("writes numbers that JSON lacks as strings", async () => {
    const report = await evaluate("empty-logits.npy", "empty-targets.npy");
    expect(report).toMatchObject({ rows: 0, loss: "NaN", lossBits: "NaN", perplexity: "NaN", accuracy: "NaN" });
    const zero = await evaluate("empty-logits.npy", "empty-targets.npy", "--on-empty", "zero");
    expect(zero).toMatchObject({ loss: 0, perplexity: 1 });
  });

  it("for people, without colour", async () => {
    const { stdout } = await run("eval", fixture("logits-f4.npy"), fixture("targets-ignored.npy"));
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toContain("[5, 3] f32");
    expect(stdout).toMatch(/^rows +5 {2}3 kept, 2 left out$/m);
    expect(stdout).toMatch(/^loss +0\.766024 ± 0\.22 nats = 1\.10514 bits {2}mean$/m);
    expect(stdout).toMatch(/^accuracy +\d+\.\d\d % {2}\d of 3$/m);
  });

  it("for people, in colour", async () => {
    vi.stubEnv("NO_COLOR", undefined);
    vi.stubEnv("FORCE_COLOR", "1");
    const { stdout } = await run("eval", fixture("logits-f4.npy"), fixture("targets-i8.npy"));
    vi.unstubAllEnvs();
    expect(stdout).toContain("\u001b[1m0.885658\u001b[22m ± 0.17 nats");
  });

  it("the perplexity is that of the mean that is shown", async () => {
    const argv = ["eval", fixture("logits-f4.npy"), fixture("targets-i8.npy"), "--backend", "cpu"];
    const { stdout } = await run(...argv, "--normalizer", "10");
    expect(stdout).toMatch(/^loss +0\.442829 nats = /m);
    expect(stdout).toMatch(/^perplexity +1\.55711 {2}exp of the mean loss$/m);
    const empty = [fixture("empty-logits.npy"), fixture("empty-targets.npy"), "--backend", "cpu"];
    expect((await run("eval", ...empty, "--reduction", "sum", "--on-empty", "throw")).code).toBe(EXIT.done);
  });

  it("shows the first losses of many", async () => {
    const logits = temporary(npyBytes({ shape: "(12, 1)", data: new Float32Array(12) }));
    const targets = temporary(npyBytes({ descr: "|u1", shape: "(12,)", data: new Uint8Array(12) }));
    const { stdout } = await run("eval", logits, targets, "--reduction", "none");
    expect(stdout).toMatch(/^losses +0 0 0 0 0 0 0 0 0 0 nats … 2 more \(--json gives all\)$/m);
  });
});

describe("a backend that refuses", () => {
  const without = Object.create(cpu(), {
    name: { value: "gpu" },
    refuses: { value: () => "it has no f64" },
  }) as Backend;
  const refusing: BackendEntry = { name: "gpu", create: () => Promise.resolve(without) };
  const entries = [refusing, { name: "cpu", create: () => Promise.resolve(cpu()) }];
  const options = { reduction: "mean", json: true } as const;
  const files = { logits: fixture("logits-f8.npy"), targets: fixture("targets-i8.npy") };

  it("is passed over by auto", async () => {
    const io = { stdout: new Captured(), stderr: new Captured() };
    await runEval(files, { ...options, backend: "auto" }, io, { entries });
    const { backend, loss } = JSON.parse(io.stdout.text) as EvalReport;
    expect(backend).toMatchObject({ name: "cpu", passedOver: [{ name: "gpu" }] });
    expect(backend.passedOver[0]?.reason).toContain("it has no f64");
    expectLoss(loss, (expected["f8"] as { mean: number }).mean);
  });

  it("is not what a state says, nor asked again by a later shard", async () => {
    const home = mkdtempSync(join(tmpdir(), "surprisal-refusing-"));
    const io = { stdout: new Captured(), stderr: new Captured() };
    for (const index of [1, 2]) {
      const state = join(home, `${index}.json`);
      await runEval(files, { ...options, backend: "auto", state, shard: { index, count: 2 } }, io, { entries });
      expect((await readState(state)).settings.options).toMatchObject({ backend: "cpu" });
    }
  });

  it.each([
    ["one-hot of a single class", "(2, 1)", "|u1", Uint8Array.of(1, 1)],
    ["probabilities of a single class", "(2, 1)", "<f8", Float64Array.of(1, 1)],
    ["indices", "(2,)", "<i8", BigInt64Array.of(0n, 0n)],
  ])("whatever targets are: %s", async (_what, shape, descr, data) => {
    const io = { stdout: new Captured(), stderr: new Captured() };
    const logits = temporary(npyBytes({ descr: "<f2", shape: "(2, 1)", data: new Uint16Array(2) }));
    const targets = temporary(npyBytes({ descr, shape, data }));
    await runEval({ logits, targets }, { ...options, backend: "auto", state: `${targets}.json` }, io, { entries });
    expect(JSON.parse(io.stdout.text)).toMatchObject({ loss: 0, rows: 2, backend: { name: "cpu" } });
  });

  it("is an error where it was asked for, or is the last", async () => {
    const io = { stdout: new Captured(), stderr: new Captured() };
    const told = { exitCode: EXIT.backendUnavailable, message: expect.stringContaining("it has no f64") as string };
    await expect(runEval(files, { ...options, backend: "gpu" }, io, { entries })).rejects.toMatchObject(told);
    await expect(runEval(files, { ...options, backend: "auto" }, io, { entries: [refusing] })).rejects.toMatchObject(
      told,
    );
    expect(io.stdout.text).toBe("");
  });

  it("gpu, where there is one: f32 is computed, f64 is not", async () => {
    const on = (logits: string, ...weights: string[]): Promise<Ran> =>
      run("eval", fixture(logits), fixture("targets-i8.npy"), "--json", "--backend", "gpu", ...weights);
    const [f4, f8] = [await on("logits-f4.npy"), await on("logits-f8.npy")];
    const weighted = await on("logits-f4.npy", "--weight", fixture("weight.npy"));
    const rowWeighted = await on("logits-f4.npy", "--row-weight", fixture("row-weight.npy"));
    const absent = /^surprisal: --backend gpu cannot be had: .+\n$/;
    const there = f4.code === 0;
    expect(f4.stderr).toMatch(there ? /^$/ : absent);
    const { loss } = there ? (JSON.parse(f4.stdout) as EvalReport) : { loss: expected.f4.mean };
    expect(loss).toBeCloseTo(expected.f4.mean, 6);
    const lossOf = ({ stdout }: Ran, other: unknown): unknown =>
      there ? (JSON.parse(stdout) as EvalReport).loss : other;
    // weights are f64, as NumPy saves them
    expect(lossOf(weighted, expected["weighted"])).toBeCloseTo(Number(expected["weighted"]), 6);
    expect(lossOf(rowWeighted, expected["rowWeighted"])).toBeCloseTo(Number(expected["rowWeighted"]), 6);
    expect(f8).toMatchObject({ code: EXIT.backendUnavailable, stdout: "" });
    expect(f8.stderr).toMatch(there ? /WebGPU has no f64/ : absent);
  });
});

describe("errors: one line on stderr, nothing on stdout", () => {
  const pair = ["logits-f4.npy", "targets-i8.npy"] as const;

  it.each<[string, number, readonly [string, string], string[], RegExp]>([
    ["a missing file", 3, ["logits-f4.npy", "no.npy"], [], /no\.npy: no such file or directory$/],
    ["bool targets", 3, ["logits-f4.npy", "targets-bool.npy"], [], /targets-bool\.npy: targets must be integers/],
    [
      "integers that are too large",
      3,
      ["logits-f4.npy", "targets-too-large.npy"],
      [],
      /element 1 is 9223372036854775808$/,
    ],
    [
      "targets of another shape",
      3,
      ["logits-f4.npy", "voxels.npy"],
      [],
      /voxels\.npy: .*must be \[5\] .* or \[5, 3\] .*; got \[2, 4\]$/,
    ],
    [
      "floats as class indices",
      3,
      ["logits-f4.npy", "row-weight.npy"],
      [],
      /class indices \[5\] must be integers; got f64$/,
    ],
    [
      "logits that are no numbers",
      3,
      ["targets-bool.npy", "targets-i8.npy"],
      [],
      /targets-bool\.npy: logits must be numbers; got bool$/,
    ],
    ["scalar logits", 3, ["scalar-logits.npy", "targets-i8.npy"], [], /logits must be .*; got a scalar$/],
    [
      "weights of another shape",
      3,
      pair,
      ["--weight", "row-weight.npy"],
      /row-weight\.npy: weights must be \[3\], one per class; got \[5\]$/,
    ],
    [
      "row weights of another shape",
      3,
      pair,
      ["--row-weight", "weight.npy"],
      /weight\.npy: row weights must be \[5\], one per row; got \[3\]$/,
    ],
    [
      "a mean over no row",
      3,
      ["empty-logits.npy", "empty-targets.npy"],
      ["--on-empty", "throw"],
      /the mean is over no row/,
    ],
    [
      "a class dim that is not there",
      2,
      pair,
      ["--class-dim", "2"],
      /--class-dim must be in \[-2, 1\] for logits \[5, 3\]/,
    ],
    [
      "an option out of its range",
      2,
      pair,
      ["--label-smoothing", "2"],
      /surprisal: --label-smoothing must be a number in \[0, 1\]; got 2/,
    ],
    [
      "options that exclude each other",
      2,
      pair,
      ["--reduction", "sum", "--normalizer", "2"],
      /normalizer replaces the divisor/,
    ],
    [
      "ignored class with probabilities",
      2,
      ["logits-f4.npy", "probabilities.npy"],
      ["--ignore-index", "1"],
      /needs class indices/,
    ],
  ])("%s", async (_what, code, [logits, targets], options, message) => {
    const flags = options.map((option) => (option.endsWith(".npy") ? fixture(option) : option));
    const result = await run("eval", fixture(logits), fixture(targets), ...flags);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: "" });
    expect(result.stderr).toMatch(/^surprisal: [^\n]+\n$/);
    expect(result.stderr.trimEnd()).toMatch(message);
  });

  it("integers of the logits' shape that are not one-hot", async () => {
    const targets = temporary(npyBytes({ descr: "|u1", shape: "(5, 3)", data: new Uint8Array(15) }));
    const { code, stderr } = await run("eval", fixture("logits-f4.npy"), targets);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /array\.npy: row 0 \(from 0\): integer targets .* must be one-hot, one 1 and else 0; got none\n$/,
    );
  });

  it("a class index out of range", async () => {
    const targets = temporary(
      npyBytes({ descr: "<i8", shape: "(5,)", data: BigInt64Array.from([0n, 1n, 2n, 3n, 0n]) }),
    );
    const { code, stderr } = await run("eval", fixture("logits-f4.npy"), targets);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /array\.npy: row 3 \(from 0\): class index must be an integer in \[0, 3\), or -100 .*; got 3\n$/,
    );
  });
});
