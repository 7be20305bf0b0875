import { describe, expect, test } from "vitest";
import {
  binaryCrossEntropyWithLogits,
  crossEntropy,
  crossEntropyStats,
  crossEntropyWithGrad,
  klDivergenceWithGrad,
  multilabelSoftMarginLoss,
  tensor,
} from "./index.ts";

// What the conformance suite found.

describe("a gradient that is summed over a stretched dim", () => {
  test.each(["f16", "bf16", "f32", "f64"] as const)("has the dtype of the input: %s", async (dtype) => {
    const input = tensor([-1, -2], [2], { dtype });
    const target = tensor([0.5, 0.5, 0.25, 0.75], [2, 2], { dtype });
    const { grad } = klDivergenceWithGrad(input, target, { reduction: "sum" });
    expect(grad.dtype).toBe(dtype);
    expect(Array.from(await grad.data())).toEqual([-0.75, -1.25]);
  });
});

describe("compat: torch", () => {
  test.each(["f16", "bf16"] as const)("element-wise losses of %s stay in it", (dtype) => {
    const x = tensor([[0.5, -0.5]], { dtype });
    const y = tensor([[1, 0]], { dtype });
    expect(binaryCrossEntropyWithLogits(x, y, { compat: "torch" }).dtype).toBe(dtype);
    expect(multilabelSoftMarginLoss(x, y, { compat: "torch" }).dtype).toBe(dtype);
    expect(binaryCrossEntropyWithLogits(x, y).dtype).toBe("f32");
  });

  test("binary cross entropy with logits is NaN at every −∞, whatever the target", async () => {
    const x = tensor([-Infinity, -Infinity, -Infinity, Infinity]);
    const y = tensor([0, 1, 4.5, 0]);
    const loss = binaryCrossEntropyWithLogits(x, y, { reduction: "none", compat: "torch" });
    expect(Array.from(await loss.data())).toEqual([NaN, NaN, NaN, Infinity]);
  });

  test("binary cross entropy with logits keeps the digits of f64", async () => {
    const x = tensor([20], [1], { dtype: "f64" });
    const y = tensor([1], [1], { dtype: "f64" });
    const posWeight = tensor([0.1], [1], { dtype: "f64" });
    const loss = binaryCrossEntropyWithLogits(x, y, { posWeight, compat: "torch" });
    expect(await loss.item()).toBe(0.1 * Math.log1p(Math.exp(-20)));
  });
});

test("a row without a softmax predicts nothing", async () => {
  const logits = tensor([
    [-Infinity, -Infinity],
    [NaN, 1],
    [Infinity, 1],
    [1, 2],
  ]);
  const stats = crossEntropyStats(logits, tensor([1, 1, 1, 1], [4], { dtype: "i64" }));
  expect(await stats.predicted.toArray()).toEqual([-1, -1, -1, 1]);
  expect(await stats.rank.toArray()).toEqual([0, 0, 0, 1]);
  expect(await stats.max.toArray()).toEqual([NaN, NaN, NaN, 2]);
  expect(await stats.probability.slice(0, 0, 3).toArray()).toEqual([NaN, NaN, NaN]);
});

test("NaN in a row that is left out does not pass through softcap's slope", async () => {
  const logits = tensor([[NaN, 1]]);
  const { grad } = crossEntropyWithGrad(logits, tensor([-100], [1], { dtype: "i64" }), {
    softcap: 3,
    reduction: "sum",
  });
  expect(await grad.toArray()).toEqual([[0, 0]]);
});

describe("compat: torch, where all kept targets have weight 0", () => {
  const logits = tensor([
    [1, 2, 3],
    [3, 1, 2],
  ]);
  const options = { labelSmoothing: 0.1, compat: "torch" } as const;

  test("the parts of a smoothed mean are divided one by one: 0/0", async () => {
    const target = tensor([1, 0], [2], { dtype: "i64" });
    const loss = crossEntropy(logits, target, { ...options, weight: tensor([1, 0, 1]), ignoreIndex: 0 });
    expect(await loss.item()).toBeNaN();
  });

  test("a label without weight whose logit f32 cannot reach is 0·∞", async () => {
    const far = crossEntropy(tensor([[3e38, -3e38]]), tensor([1], [1], { dtype: "i64" }), {
      labelSmoothing: 1,
      compat: "torch",
    });
    expect(await far.item()).toBeNaN();
  });
});
