import { type Backend, cpu } from "@surprisal/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Problem } from "../problem.ts";
import { caseOf } from "../suite.ts";
import { policyOf } from "./policy.ts";
import { torchSweep } from "./sweep.ts";
import { Torch } from "./torch.ts";
import { outputsOf, toTorch } from "./translate.ts";

const SEED = 20_260_711;
const create = (): Backend => cpu();

/** Why there is no PyTorch here; nothing where there is one. */
async function whyNot(): Promise<readonly string[]> {
  try {
    const torch = await Torch.start();
    await torch.close();
    return [];
  } catch (error) {
    return [String(error)];
  }
}

const missing = await whyNot();

afterEach(() => void vi.unstubAllEnvs());

describe("without PyTorch", () => {
  test.each([
    ["no such Python", "/nowhere/python3", "ENOENT"],
    ["a Python without torch", "/bin/false", "ended with 1"],
  ])("%s is a problem that says what to install", async (_what, interpreter, reason) => {
    vi.stubEnv("SURPRISAL_PYTHON", interpreter);
    const { totals, problem } = await torchSweep({ name: "cpu", create, seconds: 1, seed: SEED });
    expect(problem).toContain("install Debian's python3-torch");
    expect(problem).toContain(reason);
    expect(totals.cases).toBe(0);
  });
});

// Where there is no PyTorch, that is all there is to test, and the report of the tests says so.
test.each(missing)("NOT RUN against PyTorch: %s", (reason) => {
  expect(reason).toContain("install Debian's python3-torch");
});

describe.each(missing.length === 0 ? ["with PyTorch"] : [])("%s", () => {
  test("the cpu agrees with it", async () => {
    const addresses: string[] = [];
    const onCase = ({ address }: { readonly address: string }): unknown => addresses.push(address);
    const report = await torchSweep({ name: "cpu", create, seconds: 3, seed: SEED, onCase });
    expect(report.failures).toEqual([]);
    expect(report.problem).toBeUndefined();
    expect(report.totals.cases).toBeGreaterThan(30);
    expect(report.totals.passed).toBe(report.totals.cases);
    expect(report.backend["torch"]).toMatch(/^\d+\.\d+/);
    expect(report.cells.find(({ dtype }) => dtype === "f32")?.peer?.value).toBeGreaterThan(0);
    expect(new Set(addresses).size).toBeGreaterThan(30);
  });

  test("a backend that cannot be created is a problem, and no process is left", async () => {
    const none = (): Backend => {
      throw new Error("no adapter");
    };
    const { problem } = await torchSweep({ name: "gpu", create: none, seconds: 1, seed: SEED });
    expect(problem).toBe("could not start: Error: no adapter");
  });

  test("answers in order, refuses, and tells a wrong question", async () => {
    const torch = await Torch.start();
    const question = (value: number): string =>
      JSON.stringify({
        op: "softmax",
        inputs: { input: { dtype: "f32", shape: [1], data: [value] } },
        options: { dim: 0 },
      });
    const wrong = JSON.stringify({ op: "softmax", inputs: {}, options: {} });
    const refused = question(1).replace('"dim":0', '"dim":3');
    const answers = [question(1), wrong, refused, question(2)].map((line) => torch.ask(line));
    const [first, second, third, fourth] = await Promise.allSettled(answers);
    expect(first).toMatchObject({ value: { outputs: { f32: { output: { data: [1] } } } } });
    expect(second).toMatchObject({ status: "rejected" });
    expect(String(second?.status === "rejected" && second.reason)).toContain("missing");
    expect(third).toMatchObject({ value: { type: "IndexError" } });
    expect(fourth).toMatchObject({ status: "fulfilled" });
    await torch.close();
    await expect(torch.ask(question(3))).rejects.toThrow("ended with");
  });

  test("what departs from it is in a declared corner, what it does not say is a surprise", async () => {
    // A row that is left out and holds nothing but −∞: NaN in PyTorch, 0 by default.
    const address = "cross-entropy/index/mean:shape=3x4;regime=all-masked;ignore=all";
    const problem = caseOf(address).problem();
    const outputs = await answerTo(problem);
    expect(outputs["gradLogits"]?.values.some(Number.isNaN)).toBe(true);
    const { departs, surprise } = policyOf(problem, outputs);
    expect(surprise).toBeUndefined();
    expect(departs?.("gradLogits")).toBe(true);
    const strict = { ...problem, options: { ...problem.options, compat: "torch" } };
    expect(policyOf(strict, outputs).departs?.("gradLogits")).toBe(false);
    const gradLogits = { shape: [3, 4], values: new Float64Array(12).fill(NaN) };
    expect(policyOf(problem, { ...outputs, gradLogits }).surprise).toContain("PyTorch's element 0 is NaN");
  });
});

async function answerTo(problem: Problem): Promise<ReturnType<typeof outputsOf>> {
  const question = toTorch(problem);
  if (question === undefined) throw new Error("PyTorch has no such thing");
  const torch = await Torch.start();
  const answer = await torch.ask(question.line);
  await torch.close();
  if ("error" in answer) throw new Error(answer.error);
  return outputsOf(question, problem.operation, answer.outputs);
}
