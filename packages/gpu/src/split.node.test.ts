import {
  type Backend,
  binaryCrossEntropy,
  crossEntropy,
  crossEntropyWithGrad,
  linearCrossEntropy,
  oneHot,
  rand,
  randint,
  randn,
  softmax,
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

function expectNear(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(got.length).toBe(expected.length);
  const worst = Math.max(...Array.from(got, (value, i) => Math.abs(value - (expected[i] ?? Number.NaN))));
  expect(worst).toBeLessThan(1e-6);
}

test("what cannot be cut is refused, with the limit", async () => {
  const backend = await small();
  const row = randn([1, 1100], { seed: 1, backend });
  expect(() => softmax(row)).toThrow(`this device binds ${BYTES} bytes at a time, which a row of 1100 classes exceeds`);
  const target = tensor(Int32Array.of(1), [1], { backend });
  const weight = randn([3, 1100], { seed: 1, backend });
  expect(() => linearCrossEntropy(row, weight, target)).toThrow(
    `this device binds ${BYTES} bytes at a time; 13200 are`,
  );
});
