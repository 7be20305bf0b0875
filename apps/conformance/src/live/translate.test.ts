import { describe, expect, test } from "vitest";
import type { Problem } from "../problem.ts";
import { caseOf } from "../suite.ts";
import { isKnown, outputsOf, toTorch } from "./translate.ts";

function input(
  dtype: Problem["inputs"][string]["dtype"],
  shape: readonly number[],
  ...values: readonly number[]
): Problem["inputs"][string] {
  return { dtype, shape, values: Float64Array.from(values) };
}

function askedFor(problem: Problem): unknown {
  const line = toTorch(problem)?.line;
  return line === undefined ? undefined : JSON.parse(line);
}

function isAsked(address: string): boolean {
  return toTorch(caseOf(address).problem()) !== undefined;
}

describe("toTorch", () => {
  test("writes a problem as live.py reads it", () => {
    const problem: Problem = {
      operation: "crossEntropy",
      inputs: { logits: input("f32", [1, 3], 0.1, 2, -1), target: { ...input("i64", [1], 2), layout: "permuted" } },
      options: { reduction: "mean", labelSmoothing: 0.1 },
    };
    expect(askedFor(problem)).toEqual({
      op: "crossEntropy",
      inputs: {
        logits: { dtype: "f32", shape: [1, 3], data: [0.1, 2, -1] },
        target: { dtype: "i64", shape: [1], data: [2] },
      },
      options: { reduction: "mean", labelSmoothing: 0.1 },
      dtypes: ["f32"],
    });
    expect(toTorch(problem)?.line).not.toContain("\n");
  });

  test("writes what JSON has no numbers for as words", () => {
    const problem = {
      operation: "softmax",
      inputs: { input: input("f64", [4], NaN, Infinity, -Infinity, -0) },
      options: { dim: 0 },
    };
    expect(askedFor(problem)).toMatchObject({
      inputs: { input: { data: ["NaN", "Infinity", "-Infinity", "-0"] } },
      dtypes: ["f64"],
    });
  });

  test("asks the same question whatever the policy", () => {
    const problem = caseOf("nll-loss/mean:shape=3x4;compat=torch").problem();
    const { compat, ...options } = problem.options;
    expect(compat).toBe("torch");
    expect(toTorch(problem)).toEqual(toTorch({ ...problem, options }));
  });

  test("takes integers as they are", () => {
    const { line, dtype } = toTorch(caseOf("one-hot:shape=2;to=f32").problem()) ?? {};
    expect(dtype).toBe("i64");
    expect(JSON.parse(line ?? "")).toMatchObject({ op: "oneHot", options: { classes: 7 }, dtypes: [] });
  });

  test.each([
    "cross-entropy/index/mean",
    "cross-entropy/index/none:shape=2x5x3;dtype=f64;weight=ramp;ignore=some;smoothing=0.1;upstream=given",
    "cross-entropy/probabilities/sum:layout=permuted",
    "cross-entropy/index/mean:rowWeight=mask;softcap=3;zLoss=0.001;scale=0.5",
    "cross-entropy/index/mean:dtype=bf16;weight=ramp",
    "linear-cross-entropy/mean:bias=given;weight=ramp",
    "binary-cross-entropy/mean",
    "log-softmax:shape=3x5;dtype=bf16",
    "kl-divergence/batchmean:stretch=target",
    "distribution-kl-divergence/mean:base=2",
    "perplexity/mean",
  ])("has %s", (address) => {
    expect(isAsked(address)).toBe(true);
  });

  test.each([
    "cross-entropy/index/mean:dtype=f16",
    "cross-entropy/index/mean:labels=i32",
    "cross-entropy/index/mean:labels=u8",
    "cross-entropy/index/mean:normalizer=7",
    "cross-entropy/index/mean:ignore=all;onEmpty=zero",
    "cross-entropy/index/mean:into=logits",
    "cross-entropy/index/mean:dtype=bf16;rowWeight=mask",
    "cross-entropy/index/mean:dtype=bf16;softcap=3",
    "cross-entropy/index/mean:shape=2x5x3;dtype=bf16",
    "cross-entropy/index/mean:shape=2x50257",
    "linear-cross-entropy/mean:rank=3",
    "linear-cross-entropy/mean:rowWeight=ramp",
    "binary-cross-entropy/mean:dtype=bf16",
    "log-softmax:shape=3x5;dim=0;dtype=bf16",
    "one-hot:dtype=u8",
    "cross-entropy-stats/index",
    "cast:to=f64",
    "randn",
  ])("has no %s", (address) => {
    expect(isAsked(address)).toBe(false);
  });

  test("knows which operations there are", () => {
    expect(isKnown("softmax")).toBe(true);
    expect(["crossEntropyStats", "cast", "rand", "randn", "randint"].filter(isKnown)).toEqual([]);
  });
});

describe("outputsOf", () => {
  const question = { line: "", dtype: "f32" } as const;
  const tensor = { shape: [2], data: [1.5, "-Infinity"] };

  test("reads the outputs of the question's dtype", () => {
    const outputs = outputsOf(question, "softmax", { f32: { output: tensor } });
    expect(outputs).toEqual({ output: { shape: [2], values: Float64Array.of(1.5, -Infinity) } });
    expect(() => outputsOf(question, "softmax", { f64: { output: tensor } })).toThrow("no outputs in f32");
  });

  test("leaves out a gradient that the library does not have", () => {
    const outputs = { f32: { loss: tensor, gradInput: tensor, gradTarget: tensor } };
    expect(Object.keys(outputsOf(question, "klDivergence", outputs))).toEqual(["loss", "gradInput"]);
    expect(Object.keys(outputsOf(question, "crossEntropy", outputs))).toEqual(["loss", "gradInput", "gradTarget"]);
  });
});
