import { explainLinearCrossEntropy, linearCrossEntropyWithGrad, randn, softmax, tensor, zeros } from "@surprisal/core";
import { expect, test } from "vitest";
import { between } from "../../../tools/between.ts";
import { COPY_SRC } from "./constants.ts";
import { download, wordsDown, wordsUp } from "./download.ts";
import { findDevice } from "./device.ts";
import { gpu } from "./gpu.ts";

// In Node alone: a page shares its memory with the browser it runs in.

test("memory that is not there is told by what would be in it, and by nothing else", async () => {
  const { device } = await findDevice({});
  const loud: string[] = [];
  device.addEventListener("uncapturederror", (event) => loud.push(event.error.message));
  const backend = await gpu({ device });
  if (backend.describe()["software"] !== true) return; // SwiftShader has no gibibyte to give; a real GPU may have one
  const x = tensor([0, 0], { backend });
  const bytes = backend.maxBufferBytes;
  const told = { name: "BackendError", code: "memory", details: { bytes } };
  const held = backend.alloc(bytes);
  await expect(backend.read(held, 0, 4)).rejects.toMatchObject(told);
  await expect(backend.read(held, 0, bytes)).rejects.toMatchObject(told);
  const big = zeros([bytes / 4096, 1024], { backend });
  await expect(softmax(big).data()).rejects.toMatchObject({ code: "memory" });
  backend.free(held);
  const small = device.createBuffer({ size: 16, usage: COPY_SRC });
  await expect(download(device, [{ source: small, start: 0, end: bytes }])).rejects.toMatchObject({ code: "memory" }); // no room for a copy
  expect(await softmax(x).data()).toEqual(Float32Array.of(0.5, 0.5));
  expect(loud).toEqual([]);
  backend.dispose();
  device.destroy();
});

test("over the limit of a buffer there is nothing to wait for", async () => {
  const backend = await gpu();
  expect(() => zeros([backend.maxBufferBytes / 4 + 1], { backend })).toThrow("holds at most");
  backend.dispose();
});

test("whole words, beyond 2^31 as well", () => {
  expect([0, 1, 3, 4, 2 ** 31 + 5].map(wordsDown)).toEqual([0, 0, 0, 4, 2 ** 31 + 4]);
  expect([0, 1, 3, 4, 2 ** 31 + 5].map(wordsUp)).toEqual([0, 4, 4, 4, 2 ** 31 + 8]);
});

test.each([
  { rows: 512, features: 64, classes: 16_384, maxBytes: 4 * 2 ** 20, keptEach: 1 }, // logits: 32 MiB
  { rows: 4096, features: 512, classes: 50_257, maxBytes: undefined, keptEach: 512 }, // 824 MB
])("[$rows, $features] × [$classes, $features] with gradients: memory", async (size) => {
  const { device } = await findDevice({});
  const live = { now: 0, most: 0 };
  const backend = await gpu({ device: weighing(device, live) });
  const { rows, features, classes, maxBytes = backend.workingBytes ?? 0, keptEach } = size;
  const hidden = randn([rows, features], { seed: 1, backend });
  const weight = randn([classes, features], { seed: 2, backend });
  const labels = Int32Array.from({ length: rows }, (_, row) => (row % keptEach === 0 ? row % classes : -100));
  const target = tensor(labels, { dtype: "i32", backend });
  const options = size.maxBytes === undefined ? {} : { maxBytes };
  const before = live.now;
  live.most = 0;
  const { loss } = linearCrossEntropyWithGrad(hidden, weight, target, options);
  expect(await loss.item()).toBeGreaterThan(1);
  const working = live.most - before - 4 * (hidden.size + weight.size);
  expect(working).toBeGreaterThan(maxBytes / 2);
  expect(working).toBeLessThan(maxBytes);
  const gradients = ["hidden", "weight"] as const;
  const { workingBytes } = explainLinearCrossEntropy(hidden, weight, target, { ...options, gradients });
  expect(working).toBeGreaterThan(workingBytes * 0.99);
  expect(working).toBeLessThan(workingBytes * 1.07 + 65_536); // sizes are rounded up
  backend.dispose();
  device.destroy();
});

test("a linear layer of no row has gradients of 0, whatever its working memory held before", async () => {
  const backend = await gpu();
  const gradients = async (rows: number): Promise<(Float32Array | undefined)[]> => {
    const hidden = randn([rows, 3], { seed: 1, backend });
    const weight = randn([2, 3], { seed: 2, backend });
    const target = tensor(new Int32Array(rows), { dtype: "i32", backend });
    const bias = tensor([1, 2], { dtype: "f32", backend });
    const { gradWeight, gradBias } = linearCrossEntropyWithGrad(hidden, weight, target, { bias, reduction: "sum" });
    return [await gradWeight.data(), await gradBias?.data()] as (Float32Array | undefined)[];
  };
  const [, ofSome] = await gradients(300);
  expect(ofSome?.every((value) => value !== 0)).toBe(true);
  expect(await gradients(0)).toEqual([new Float32Array(6), new Float32Array(2)]);
  backend.dispose();
});

/** The device, whose buffers are weighed. */
function weighing(of: GPUDevice, live: { now: number; most: number }): GPUDevice {
  const createBuffer = (descriptor: GPUBufferDescriptor): GPUBuffer => {
    const buffer = of.createBuffer(descriptor);
    live.now += buffer.size;
    live.most = Math.max(live.most, live.now);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      live.now -= buffer.size;
      return destroy();
    };
    return buffer;
  };
  return between(of, { createBuffer });
}
