import { appendFileSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT } from "../exit.ts";
import { interrupt } from "../interrupt.ts";
import { readState, writeState } from "../state/file.ts";
import { Captured, fixture, run } from "../testing/io.ts";
import { npyBytes, temporary } from "../testing/npy.ts";
import { rowBlock } from "../testing/rows.ts";
import { shardState } from "../testing/states.ts";
import type { EvalReport } from "./report.ts";
import { countRows } from "./count-rows.ts";
import { runEval } from "./run.ts";

function folder(): string {
  return mkdtempSync(join(tmpdir(), "surprisal-eval-state-"));
}

/** Logits of 301 rows of 7 classes, or of 43 positions with 7 rows each, and their targets. */
function files(shape: string = "(301, 7)", targetShape: string = "(301,)"): [logits: string, targets: string] {
  const logits = Float32Array.from({ length: 2107 }, (_, i) => 3 * Math.sin(i * i));
  const targets = Int32Array.from({ length: 301 }, (_, i) => (i % 10 === 0 ? -100 : (i * 5) % 7));
  return [
    temporary(npyBytes({ descr: "<f4", shape, data: logits })),
    temporary(npyBytes({ descr: "<i4", shape: targetShape, data: targets })),
  ];
}

async function mergedOf(home: string, count: number): Promise<Record<string, unknown>> {
  const states = Array.from({ length: count }, (_, i) => join(home, `${count - i}.json`));
  const { code, stdout, stderr } = await run("merge", ...states, "--json");
  expect({ code, stderr }).toEqual({ code: EXIT.done, stderr: "" });
  const { shards: _, ...result } = JSON.parse(stdout) as Record<string, unknown>;
  return result;
}

async function shardsOf(
  argv: readonly string[],
  count: number,
  backend: string = "cpu",
): Promise<Record<string, unknown>> {
  const home = folder();
  for (let i = 1; i <= count; i++) {
    const state = ["--shard", `${i}/${count}`, "--state", join(home, `${i}.json`)];
    const { code, stderr } = await run("eval", ...argv, "--backend", backend, ...state);
    expect({ code, stderr }).toEqual({ code: EXIT.done, stderr: "" });
  }
  return mergedOf(home, count);
}

it.each([
  ["rows", files()],
  ["a mean by another divisor", [...files(), "--normalizer", "1000"]],
  ["rows with weights and smoothing", [...files(), "--label-smoothing", "0.1", "--top-k", "1,3"]],
  ["positions with the classes before them", files("(43, 7, 7)", "(43, 7)")],
  [
    "files that are read front to back",
    [fixture("predictions-deflated.npz"), "--logits", "logits", "--target", "targets"],
  ],
])("shards put together are one run: %s", async (_name, argv) => {
  const one = await shardsOf(argv, 1);
  expect(await shardsOf(argv, 4)).toEqual(one);
  const { stdout } = await run("eval", ...argv, "--backend", "cpu", "--json");
  const { metrics, loss, lossBits, perplexity } = JSON.parse(stdout) as EvalReport;
  expect(one).toMatchObject({ ...metrics, loss, lossBits, perplexity });
});

describe("files that do not say how many rows they have", () => {
  /** 301 rows of 3 scores, a label and a weight, as text. */
  const lines = Array.from({ length: 301 }, (_, i) => [
    ...[1, 2, 3].map((k) => 2 * Math.sin(i * i + k)),
    (i * 5) % 3,
    i % 4,
  ]);
  const csv = temporary(Buffer.from(`a,b,c,label,w\n${lines.map((line) => line.join(",")).join("\n")}\n`), "rows.csv");
  const jsonl = temporary(
    Buffer.from(lines.map(([a, b, c, y]) => JSON.stringify({ x: [a, b, c], y })).join("\n")),
    "rows.jsonl",
  );
  const half = (from: number, to?: number): string =>
    lines
      .slice(from, to)
      .map((line) => line.slice(0, 4).join(","))
      .join("\n");
  const shards = temporary(Buffer.from(half(0, 100)), "part-1.csv");
  writeFileSync(shards.replace("part-1", "part-2"), half(100));

  it.each([
    ["CSV", [csv, "--logits", "a,b,c", "--target", "label"]],
    ["JSON lines", [jsonl, "--logits", "x", "--target", "y"]],
    ["several files", [shards.replace("part-1", "part-*"), "--logits", "0,1,2", "--target", "3"]],
  ])("are counted first: %s", async (_name, argv) => {
    const one = await shardsOf(argv, 1);
    expect(one).toMatchObject({ rows: 301 });
    expect(await shardsOf(argv, 4)).toEqual(one);
  });

  it("but not of standard input, which can be read only once", async () => {
    const names = { logits: csv, targets: "-", weight: undefined, rowWeight: undefined };
    const counting = countRows(names, { reduction: "mean", backend: "cpu" }, { update() {}, stop() {} });
    await expect(counting).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining("which standard input (-) does not say; save it in a file") as string,
    });
  });

  it("a state of another number of rows is refused where it is not complete", async () => {
    const file = temporary(readFileSync(csv), "grows.csv");
    const state = join(folder(), "1.json");
    const argv = ["eval", file, "--logits", "a,b,c", "--target", "label", "--backend", "cpu"];
    await run(...argv, "--state", state);
    const { settings, shard } = await readState(state);
    await writeState(state, shardState(rowBlock(lines.map(() => ({}))), shard, { settings, left: 301 }));
    appendFileSync(file, "1,2,3,0,1\n");
    const { code, stderr } = await run(...argv, "--state", state, "--resume");
    expect(code).toBe(EXIT.badInput);
    expect(stderr).toContain("holds another evaluation: 301 rows, not 302");
  });

  it("targets that go on after the logits are refused, of a shard too", async () => {
    const targets = temporary(Buffer.from("0\n".repeat(302)), "targets.csv");
    const argv = [csv, targets, "--logits", "a,b,c", "--shard", "1/2", "--state", join(folder(), "1.json")];
    const { code, stderr } = await run("eval", ...argv, "--backend", "cpu");
    expect(code).toBe(EXIT.badInput);
    expect(stderr).toContain("301 rows required, as the logits have; it has more");
  });
});

it("positions without rows are a complete state", async () => {
  const logits = temporary(npyBytes({ descr: "<f4", shape: "(2, 3, 0)" }));
  const targets = temporary(npyBytes({ descr: "<i4", shape: "(2, 0)" }));
  const one = await shardsOf([logits, targets], 1);
  expect(one).toMatchObject({ rows: 0, loss: "NaN" });
  expect(await shardsOf([logits, targets], 3)).toEqual(one);
});

it("kernels that take several rows at once give each the same bits in whatever block it comes", async () => {
  expect(await shardsOf(files(), 3, "wasm")).toEqual(await shardsOf(files(), 1, "wasm"));
});

it("a complete state is not computed again, nor written", async () => {
  const state = join(folder(), "1.json");
  const argv = ["eval", ...files(), "--backend", "cpu", "--state", state, "--json"];
  const first = JSON.parse((await run(...argv)).stdout) as { metrics: object };
  const { mtimeNs } = statSync(state, { bigint: true });
  const again = JSON.parse((await run(...argv)).stdout) as { metrics: object };
  expect(again.metrics).toEqual(first.metrics);
  expect(statSync(state, { bigint: true }).mtimeNs).toBe(mtimeNs);
});

it("an interrupted run leaves how far it came, and --resume ends as if nothing had been", async () => {
  const [logits, targets] = files();
  const home = folder();
  const [state, whole] = [join(home, "1.json"), join(home, "whole.json")];
  const options = { backend: "cpu", reduction: "mean", state } as const;
  const io = { stdout: new Captured(), stderr: new Captured() };
  const slow = setInterval(() => interrupt(), 1);
  // one row at a time, so that there is a turn of the event loop before the end
  const first = runEval({ logits, targets }, options, io, { blockBytes: 1, turn: 0 });
  await expect(first).rejects.toThrow(/^interrupted after .* --resume goes on from there$/);
  clearInterval(slow);
  const { rows } = await readState(state);
  expect(rows.next).toBeGreaterThan(0);
  expect(rows.next).toBeLessThan(301);
  await runEval({ logits, targets }, { ...options, resume: true }, io);
  await runEval({ logits, targets }, { ...options, state: whole }, io);
  expect(readFileSync(state, "utf8")).toBe(readFileSync(whole, "utf8"));
});

it("refuses what does not go together", async () => {
  const [logits, targets] = files();
  const usage = { code: EXIT.usage, stdout: "" };
  expect(await run("eval", logits, targets, "--shard", "1/2")).toMatchObject(usage);
  expect(await run("eval", logits, targets, "--resume")).toMatchObject(usage);
  expect(await run("eval", logits, targets, "--shard", "3/2", "--state", "x")).toMatchObject(usage);
  const state = join(folder(), "1.json");
  expect(await run("eval", logits, targets, "--reduction", "none", "--state", state)).toMatchObject(usage);
  await run("eval", logits, targets, "--state", state, "--backend", "cpu");
  const other = await run("eval", logits, targets, "--state", state, "--backend", "cpu", "--label-smoothing", "0.1");
  expect(other).toMatchObject({ code: EXIT.badInput, stdout: "" });
  expect(other.stderr).toContain("holds another evaluation: label-smoothing absent, not 0.1");
});

it("gates, bits per byte and the page", async () => {
  const argv = ["eval", ...files(), "--backend", "cpu"];
  expect(await run(...argv, "--max-loss", "0.1")).toMatchObject({ code: EXIT.gateFailed });
  expect(await run(...argv, "--max-loss", "100", "--fail-on-nan")).toMatchObject({ code: EXIT.done, stderr: "" });
  const { bitsPerByte, metrics } = JSON.parse((await run(...argv, "--json", "--bytes", "1000")).stdout) as {
    bitsPerByte: number;
    metrics: { lossSumBits: number };
  };
  expect(bitsPerByte).toBe(metrics.lossSumBits / 1000);
  const page = join(folder(), "reports", "page.html"); // a folder that is made
  expect((await run(...argv, "--report", page)).code).toBe(EXIT.done);
  expect(readFileSync(page, "utf8")).toContain("<h2>Reliability</h2>");
});
