import {
  type Backend,
  binaryCrossEntropy,
  cpu,
  crossEntropy,
  crossEntropyWithGrad,
  linearCrossEntropy,
  linearCrossEntropyWithGrad,
  oneHot,
  rand,
  randint,
  randn,
  softmax,
  type Tensor,
  tensor,
} from "@surprisal/core";
import { afterEach, describe, expect, test } from "vitest";
import { dawnDevice, withSmallBindings } from "../../../tools/dawn-device.ts";
import { gpu } from "./gpu.ts";

// What is larger than a device can bind is cut. Conformance has a lane of it; here is what only large inputs show, with small ones.

const BYTES = 4096;
const made: { readonly backend: Backend; readonly device: GPUDevice }[] = [];

async function small(): Promise<Backend> {
  const device = await dawnDevice();
  const backend = await gpu({ device: withSmallBindings(device, BYTES) });
  made.push({ backend, device });
  return backend;
}

afterEach(() => {
  for (const { backend, device } of made.splice(0)) {
    backend.dispose();
    device.destroy();
  }
});

/** A bad index far behind the first window. */
const FAR = 1500;

function indicesWithOneBad(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => (i === FAR ? 9 : i % 4));
}

describe("what is wrong is told by its place in the whole", () => {
  test("indices of a mean", async () => {
    const backend = await small();
    const logits = randn([2000, 4], { seed: 1, backend });
    const loss = crossEntropy(logits, tensor(indicesWithOneBad(2000), [2000], { backend }));
    await expect(loss.item()).rejects.toMatchObject({ code: "target-range", details: { row: FAR, target: 9 } });
  });

  test("indices of positions, cut along them", async () => {
    const backend = await small();
    const logits = randn([2, 4, 1000], { seed: 1, backend });
    const loss = crossEntropy(logits, tensor(indicesWithOneBad(2000), [2, 1000], { backend }), { reduction: "sum" });
    await expect(loss.item()).rejects.toMatchObject({ code: "target-range", details: { row: FAR } });
  });

  test("indices of a one-hot", async () => {
    const backend = await small();
    const hot = oneHot(tensor(indicesWithOneBad(2000), [2000], { backend }), { classes: 4 });
    await expect(hot.data()).rejects.toMatchObject({ code: "target-range", details: { row: FAR, target: 9 } });
  });

  test("probabilities", async () => {
    const backend = await small();
    const values = Float32Array.from({ length: 2000 }, (_, i) => (i === FAR ? 2 : 0.5));
    const loss = binaryCrossEntropy(tensor(values, [2000], { backend }), rand([2000], { seed: 1, backend }));
    await expect(loss.item()).rejects.toMatchObject({ code: "value-range", details: { at: FAR, value: 2 } });
  });
});

test("classes too far apart to be bound together are brought together", async () => {
  const backend = await small();
  const [shape, positions] = [
    [2, 5, 900],
    [2, 900],
  ];
  const options = { reduction: "none" } as const;
  const target = randint(0, 5, positions, { seed: 2, dtype: "i32" });
  const expected = crossEntropyWithGrad(randn(shape, { seed: 1 }), target, options);
  const there = randint(0, 5, positions, { seed: 2, dtype: "i32", backend });
  const { loss, grad } = crossEntropyWithGrad(randn(shape, { seed: 1, backend }), there, options);
  expectNear(await loss.data(), await expected.loss.data());
  expectNear(await grad.data(), await expected.grad.data());
  const shares = softmax(randn(shape, { seed: 1, backend }), { dim: 1 });
  expectNear(await shares.data(), await softmax(randn(shape, { seed: 1 }), { dim: 1 }).data());
});

test.each(["f32", "bf16"] as const)(
  "matrices of a linear layer are cut along each of their dimensions, %s",
  async (dtype) => {
    const backend = await small();
    const of = async (on: Backend): Promise<ArrayLike<number>[]> => {
      const cast = (shape: number[], seed: number): Tensor =>
        randn(shape, { seed, dtype: "f32", backend: on }).cast(dtype);
      const target = randint(0, 150, [70], { seed: 4, dtype: "i32", backend: on });
      const options = { bias: cast([150], 3), ignoreIndex: 7, reduction: "sum" } as const;
      const { loss, ...grads } = linearCrossEntropyWithGrad(cast([70, 90], 1), cast([150, 90], 2), target, options);
      const results = [loss, grads.gradHidden, grads.gradWeight, grads.gradBias ?? loss];
      return Promise.all(results.map(async (each) => each.cast("f32").data()));
    };
    const [got, expected] = [await of(backend), await of(cpu())];
    for (const [i, values] of got.entries()) expectNear(values, expected[i] ?? [], dtype === "f32" ? 2e-6 : 2e-2);
  },
);

function expectNear(got: ArrayLike<number>, expected: ArrayLike<number>, within: number = 1e-6): void {
  expect(got.length).toBe(expected.length);
  const size = Math.max(1, ...Array.from(expected, Math.abs));
  const worst = Math.max(...Array.from(got, (value, i) => Math.abs(value - (expected[i] ?? Number.NaN))));
  expect(worst / size).toBeLessThan(within);
}

test("what cannot be cut is refused, with the limit", async () => {
  const backend = await small();
  const row = randn([1, 1100], { seed: 1, backend });
  expect(() => softmax(row)).toThrow(`this device binds ${BYTES} bytes at a time, which a row of 1100 classes exceeds`);
  const target = tensor(Int32Array.of(1), [1], { backend });
  const weight = randn([600, 1100], { seed: 1, backend });
  expect(() => linearCrossEntropy(row, weight, target)).toThrow(`this device binds ${BYTES} bytes at a time; 4800 are`);
});
