import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type BenchCase, CASES, PASSES } from "../cases.ts";
import type { Contestant, Kind, Pass } from "../contestant.ts";
import { coreCpu } from "../contestants/core-cpu.ts";
import { makeData } from "../data.ts";
import { readFloats, writeInputs } from "../files.ts";
import { type EntrantProcess, startEntrant } from "../run/entrant-process.ts";
import { PEERS } from "./all.ts";

type Outputs = Readonly<Record<string, Float32Array>>;

function small(kind: Kind, shape: readonly number[], target: BenchCase["target"]): BenchCase {
  return { id: `${kind} [${shape.join(", ")}], ${target}`, kind, shape, target, calls: 1, about: "small" };
}

// Every form of every peer: rows and strides, few classes and many, means in one step and in two.
const SMALL: readonly BenchCase[] = [
  small("cross-entropy", [4, 5], "indices"),
  small("cross-entropy", [3, 300], "indices"),
  small("cross-entropy", [5000, 3], "indices"),
  small("cross-entropy", [2, 3, 4, 5], "indices"),
  small("cross-entropy", [1, 4, 64, 64], "indices"),
  small("cross-entropy", [4, 5], "probabilities"),
  small("cross-entropy", [2, 3, 50, 50], "probabilities"),
  small("binary", [70], "probabilities"),
  small("binary", [8192], "probabilities"),
  small("softmax", [5, 9], "none"),
  { ...small("linear", [6, 8], "indices"), weightShape: [11, 8] },
];

/** Largest error relative to the largest element; jax-js' logarithm is off by 3e-6. */
const TOLERANCE = 5e-6;

async function outputsOf(contestant: Contestant, benchCase: BenchCase, pass: Pass): Promise<Outputs> {
  const prepared = await contestant.prepare(makeData(benchCase));
  const outcome = await prepared.run(pass);
  const given = await outcome.outputs();
  const outputs = Object.fromEntries(Object.entries(given).map(([name, values]) => [name, values.slice()]));
  expect(outcome.used).toBe((outputs["loss"] ?? outputs["output"])?.[0]);
  outcome.release();
  prepared.dispose();
  return outputs;
}

async function expectRight(got: Outputs, benchCase: BenchCase, pass: Pass): Promise<void> {
  const wanted = await outputsOf(coreCpu, benchCase, pass);
  expect(Object.keys(got)).toEqual(Object.keys(wanted));
  for (const [name, values] of Object.entries(wanted)) {
    const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const errors = Array.from(got[name] ?? [], (value, i) => Math.abs(value - (values[i] ?? Number.NaN)) / largest);
    expect(errors).toHaveLength(values.length);
    expect(
      errors.find((error) => !(error <= TOLERANCE)),
      name,
    ).toBeUndefined();
  }
}

const modules = PEERS.flatMap((peer) => ("load" in peer ? [peer] : []));

describe.each(modules)("$name", ({ name, threads = 1, load }) => {
  test("is what the list says", async () => {
    const contestant = await load();
    expect(contestant.name).toBe(name);
    expect(await contestant.describe()).toMatchObject({ version: expect.stringMatching(/^\d+\./) as string, threads });
  });

  test.each(SMALL.flatMap((benchCase) => PASSES.map((pass) => ({ benchCase, pass }))))(
    "$benchCase.id, $pass",
    async ({ benchCase, pass }) => {
      const contestant = await load();
      expect(contestant.refuses?.(benchCase)).toBeUndefined();
      await expectRight(await outputsOf(contestant, benchCase, pass), benchCase, pass);
    },
  );

  test("an extreme logit gives a finite loss", async () => {
    const contestant = await load();
    const benchCase = small("cross-entropy", [2, 3], "indices");
    const logits = { shape: [2, 3], values: Float32Array.of(200, 0, -200, 1e4, 1e4 + 1, 1e4 - 1) };
    const inputs = { logits, target: { shape: [2], values: Int32Array.of(2, 0) } };
    const prepared = await contestant.prepare({ benchCase, inputs });
    const outcome = await prepared.run("gradient");
    expect(outcome.used).toBeCloseTo((400 + Math.log(Math.exp(-1) + 1 + Math.exp(-2)) + 1) / 2, 3);
    outcome.release();
    prepared.dispose();
  });
});

test("what takes seconds a call in plain loops is refused with its reason", async () => {
  const cpu = await modules.find(({ name }) => name === "TensorFlow.js cpu")?.load();
  const refused = CASES.filter((benchCase) => cpu?.refuses?.(benchCase) !== undefined).map(({ id }) => id);
  expect(refused).toEqual(CASES.map(({ id }) => id).filter((id) => !["imagenet", "tiny", "softmax"].includes(id)));
});

const MISSING = /could not be started: .*python3|PyTorch is not installed for .*: No module named/;

describe("PyTorch", () => {
  const folder = mkdtempSync(join(tmpdir(), "peers-"));
  const entrant = PEERS.find(({ name }) => name === "PyTorch, 2 threads");
  if (entrant === undefined) throw new RangeError("PyTorch is not in the list");
  const process: EntrantProcess = startEntrant(entrant);
  afterAll(() => {
    process.stop();
    rmSync(folder, { recursive: true });
  });

  const LIMIT = 30_000;

  async function passOf(benchCase: BenchCase, pass: Pass): Promise<void> {
    const inputs = writeInputs(makeData(benchCase), folder);
    expect(await process.ask({ do: "prepare", benchCase, inputs }, LIMIT)).not.toHaveProperty("refused");
    const { ms, peakBytes } = await process.ask({ do: "first", pass }, LIMIT);
    expect(ms).toBeGreaterThan(0);
    expect(peakBytes).toBeGreaterThanOrEqual(-1);
    const { used } = await process.ask({ do: "run", pass, calls: 3 }, LIMIT);
    const { outputs } = await process.ask({ do: "outputs", pass, folder }, LIMIT);
    const read = Object.fromEntries(Object.entries(outputs).map(([name, { file }]) => [name, readFloats(file)]));
    expect(used).toBe((read["loss"] ?? read["output"])?.[0]);
    await expectRight(read, benchCase, pass);
    await process.ask({ do: "dispose" }, LIMIT);
  }

  test("every small case, or the reason why there is none", async () => {
    const problem = await process.ask({ do: "describe" }, LIMIT).then(() => undefined, String);
    expect([undefined, expect.stringMatching(MISSING)]).toContainEqual(problem);
    if (problem !== undefined) return;
    for (const benchCase of SMALL) for (const pass of PASSES) await passOf(benchCase, pass);
  });
});

test("without PyTorch every answer is the reason", async () => {
  const [python = "", ...rest] = PEERS.flatMap((peer) => ("command" in peer ? [peer.command] : []))[0] ?? [];
  const process = startEntrant({ name: "none", role: "peer", command: [python, "-S", ...rest] }); // no site's modules
  for (const request of [{ do: "describe" }, { do: "dispose" }] as const) {
    const says = await process.ask(request, 30_000).catch(String);
    expect(says).toMatch(MISSING);
  }
  process.stop();
});

test("names are unique", () => {
  expect(new Set(PEERS.map(({ name }) => name)).size).toBe(PEERS.length);
});
