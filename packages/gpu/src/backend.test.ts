import {
  type Backend,
  binaryCrossEntropy,
  cpu,
  crossEntropy,
  crossEntropyWithGrad,
  linearCrossEntropyWithGrad,
  oneHot,
  randint,
  randn,
  softmax,
  type Tensor,
  tensor,
} from "@surprisal/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findDevice } from "./device.ts";
import { gpu } from "./gpu.ts";

// On whatever adapter there is: in software, in Node and in Chromium.

let backend: Backend;
beforeAll(async () => {
  backend = await gpu();
});
afterAll(() => backend.dispose());

async function anyDevice(): Promise<GPUDevice> {
  return (await findDevice({})).device;
}

async function largestDifference(a: Tensor, b: Tensor): Promise<number> {
  const [x, y] = [(await a.data()) as Float32Array, (await b.data()) as Float32Array];
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - (y[i] ?? NaN))), 0);
}

describe("results are those of the cpu backend", () => {
  test.each([
    ["few classes", [500, 10], [500]],
    ["many classes", [20, 1000], [20]],
    ["many rows of many classes", [700, 300], [700]],
    ["classes that lie apart", [2, 5, 30, 40], [2, 30, 40]],
    ["more rows than an invocation takes", [1, 3, 300, 300], [1, 300, 300]],
  ] as const)("%s", async (_, shape, targetShape) => {
    const logits = randn(shape, { seed: 1 });
    const target = randint(0, shape[1], targetShape, { seed: 2 });
    const expected = crossEntropyWithGrad(logits, target, { labelSmoothing: 0.1 });
    const got = crossEntropyWithGrad(await logits.to(backend), await target.to(backend), { labelSmoothing: 0.1 });
    expect(await largestDifference(got.loss, expected.loss)).toBeLessThan(2e-6);
    expect(await largestDifference(got.grad, expected.grad)).toBeLessThan(1e-8);
  });

  test("the linear layer, in several blocks", async () => {
    const [hidden, weight] = [randn([100, 48], { seed: 1 }), randn([130, 48], { seed: 2 })];
    const target = randint(0, 130, [100], { seed: 3 });
    const expected = linearCrossEntropyWithGrad(hidden, weight, target);
    const moved = await Promise.all([hidden, weight, target].map(async (each) => each.to(backend)));
    const [h, w, t] = moved as [Tensor, Tensor, Tensor];
    const got = linearCrossEntropyWithGrad(h, w, t, { maxBytes: 40_000 });
    expect(await largestDifference(got.loss, expected.loss)).toBeLessThan(1e-4);
    expect(await largestDifference(got.gradHidden, expected.gradHidden)).toBeLessThan(1e-6);
    expect(await largestDifference(got.gradWeight, expected.gradWeight)).toBeLessThan(1e-6);
  });
});

describe("bad data", () => {
  const logits = (): Tensor => tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]], { backend }); // prettier-ignore
  const bad = (): Tensor => tensor([0, 7, 9], [3], { dtype: "i64", backend });
  const told = { code: "target-range", details: { target: 7, row: 1, classes: 3 } };

  test("is told by every result, with the first bad row", async () => {
    const { loss, grad } = crossEntropyWithGrad(logits(), bad());
    await expect(loss.item()).rejects.toMatchObject(told);
    await expect(grad.data()).rejects.toMatchObject(told);
    await expect(oneHot(bad(), { classes: 3 }).data()).rejects.toMatchObject({ code: "target-range" });
  });

  test("is told by what is computed from a result, and by nothing else", async () => {
    const { grad } = crossEntropyWithGrad(logits(), bad());
    await expect(softmax(grad).data()).rejects.toMatchObject(told);
    expect(await softmax(logits()).data()).toHaveLength(9);
  });

  test("may be a mean of nothing, or no probability", async () => {
    const ignored = tensor([-100, -100, -100], [3], { dtype: "i64", backend });
    const mean = crossEntropy(logits(), ignored, { onEmpty: "throw" });
    await expect(mean.item()).rejects.toMatchObject({ code: "empty-mean" });
    const p = tensor([0.5, 1.5], { backend });
    const told2 = { code: "value-range", details: { at: 1, value: 1.5 } };
    await expect(binaryCrossEntropy(p, tensor([0, 1], { backend })).item()).rejects.toMatchObject(told2);
  });

  test("f64 is refused", () => {
    const x = tensor([1, 2], { dtype: "f64", backend });
    const refused = { code: "backend-refused", message: expect.stringContaining("WebGPU has no f64") as string };
    expect(() => softmax(x)).toThrow(expect.objectContaining(refused));
  });
});

describe("memory", () => {
  test("does not grow over 10,000 calls", async () => {
    const logits = randn([20, 30], { seed: 1, backend });
    const target = randint(0, 30, [20], { seed: 2, backend });
    const step = (): void => {
      const { loss, grad } = crossEntropyWithGrad(logits, target);
      grad.dispose();
      loss.dispose();
    };
    step();
    const { buffers, freeBytes } = backend.describe();
    for (let i = 0; i < 10_000; i++) step();
    expect(await crossEntropy(logits, target).item()).toBeGreaterThan(0);
    expect(backend.describe()["freeBytes"]).toBeLessThanOrEqual(Number(freeBytes) + 4096);
    expect(backend.describe()["buffers"]).toBeLessThanOrEqual(Number(buffers) + 1);
  });

  test("writes of any length leave what is behind them", async () => {
    const buffer = backend.alloc(16);
    backend.write(buffer, new Uint8Array(16).fill(7));
    backend.write(buffer, new Uint8Array([1, 2, 3, 4, 5]));
    expect([...new Uint8Array(await backend.read(buffer, 0, 9))]).toEqual([1, 2, 3, 4, 5, 7, 7, 7, 7]);
    expect([...new Uint8Array(await backend.read(buffer, 3, 6))]).toEqual([4, 5, 7]);
    backend.free(buffer);
  });
});

describe("an end", () => {
  test("dispose() twice is once, and nothing works after it", async () => {
    const other = await gpu();
    const x = tensor([1, 2, 3], { backend: other });
    other.dispose();
    other.dispose();
    expect(() => softmax(x)).toThrow("was disposed");
    await expect(x.data()).rejects.toMatchObject({ code: "disposed" });
  });

  test("of a backend on a device that is the caller's leaves the device alone, without what it held", async () => {
    const device = await anyDevice();
    const other = await gpu({ device });
    const { buffers } = other.describe();
    const x = tensor([1, 2, 3], { backend: other });
    expect(other.describe()["buffers"]).toBe(Number(buffers) + 1);
    expect(await softmax(x).data()).toHaveLength(3);
    other.dispose();
    await expect(x.data()).rejects.toMatchObject({ code: "disposed" });
    const next = await gpu({ device });
    expect(await softmax(tensor([1, 2, 3], { backend: next })).data()).toHaveLength(3);
    next.dispose();
    device.destroy();
  });

  test("of a device is told, and another backend can be made", async () => {
    const device = await anyDevice();
    const other = await gpu({ device });
    const x = tensor([1, 2, 3], { backend: other });
    const waiting = x.data();
    device.destroy();
    await expect(waiting).rejects.toMatchObject({ code: "backend-lost" });
    await expect(x.data()).rejects.toMatchObject({ code: "backend-lost" });
    expect(() => softmax(x)).toThrow("device is lost");
    const next = await gpu();
    expect(await softmax(tensor([1, 2, 3], { backend: next })).data()).toHaveLength(3);
    next.dispose();
  });
});

test("options are checked", async () => {
  await expect(gpu({ speed: 1 } as never)).rejects.toMatchObject({ code: "option-unknown" });
  for (const wrong of [{ powerPreference: "fast" }, { device: 3 }, { adapter: null }]) {
    await expect(gpu(wrong as never)).rejects.toMatchObject({ name: "OptionError", code: "option-value" });
  }
});

test("two backends are two: their tensors do not mix", () => {
  const here = tensor([[1, 2, 3]], { backend });
  const there = tensor([0], [1], { dtype: "i64", backend: cpu() });
  expect(() => crossEntropy(here as never, there as never)).toThrow("backend");
});

test.each([[], ["hidden"], ["weight"], ["bias"], ["hidden", "bias"]] as const)(
  "gradients of a linear layer on request: %s",
  async (...gradients) => {
    const [hidden, weight] = [randn([30, 20], { seed: 1, backend }), randn([50, 20], { seed: 2, backend })];
    const target = randint(0, 50, [30], { seed: 3, backend });
    const options = { bias: randn([50], { seed: 4, backend }), ignoreIndex: 3 };
    const all = linearCrossEntropyWithGrad(hidden, weight, target, options);
    const some = linearCrossEntropyWithGrad(hidden, weight, target, { ...options, gradients });
    const wanted: readonly string[] = gradients;
    expect(await some.loss.data()).toEqual(await all.loss.data());
    expect(await some.gradHidden?.data()).toEqual(wanted.includes("hidden") ? await all.gradHidden.data() : undefined);
    expect(await some.gradWeight?.data()).toEqual(wanted.includes("weight") ? await all.gradWeight.data() : undefined);
    expect(await some.gradBias?.data()).toEqual(wanted.includes("bias") ? await all.gradBias?.data() : undefined);
  },
);
