import { type Backend, cpu, crossEntropyWithGrad, randint, randn, softmax, tensor } from "@surprisal/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { between } from "../../../tools/between.ts";
import { COPY_DST, COPY_SRC, STORAGE } from "./constants.ts";
import { findDevice } from "./device.ts";
import { gpu } from "./gpu.ts";
import { fromGpuBuffer, gpuBufferOf, prepare } from "./interop.ts";

let device: GPUDevice;
let backend: Backend;
beforeAll(async () => {
  device = (await findDevice({})).device;
  backend = await gpu({ device });
});
afterAll(() => {
  backend.dispose();
  device.destroy();
});

function bufferOf(values: Float32Array<ArrayBuffer>): GPUBuffer {
  const buffer = device.createBuffer({ size: values.byteLength, usage: STORAGE | COPY_SRC | COPY_DST });
  device.queue.writeBuffer(buffer, 0, values);
  return buffer;
}

describe("a buffer of the user's", () => {
  test("is computed on where it is, and left alone", async () => {
    const buffer = bufferOf(Float32Array.of(9, 0, 0, 0, 0));
    const x = fromGpuBuffer(backend, buffer, [2, 2], { offset: 1 });
    expect(gpuBufferOf(x)).toBe(buffer);
    expect(await softmax(x, { dim: 1 }).data()).toEqual(Float32Array.of(0.5, 0.5, 0.5, 0.5));
    const { buffers, freeBytes } = backend.describe();
    x.dispose();
    expect(backend.describe()).toMatchObject({ buffers, freeBytes });
    const again = fromGpuBuffer(backend, buffer, [5]);
    device.queue.writeBuffer(buffer, 0, Float32Array.of(7));
    expect((await again.data())[0]).toBe(7);
    expect(() => gpuBufferOf(x)).toThrow("was disposed");
    buffer.destroy();
  });

  test("of another backend, too small, or of the wrong usage is refused", () => {
    const buffer = bufferOf(new Float32Array(4));
    expect(() => fromGpuBuffer(cpu(), buffer, [4])).toThrow('needs a backend that gpu() made; got "cpu"');
    expect(() => gpuBufferOf(tensor([1]))).toThrow("needs a backend that gpu() made");
    expect(() => fromGpuBuffer(backend, buffer, [2, 2], { offset: 1 })).toThrow("needs 20 bytes; the buffer has 16");
    expect(() => fromGpuBuffer(backend, buffer, [4], { offset: -1 })).toThrow("whole number of elements");
    const wrong = device.createBuffer({ size: 16, usage: COPY_SRC });
    expect(() => fromGpuBuffer(backend, wrong, [4])).toThrow("STORAGE and COPY_SRC");
    buffer.destroy();
    wrong.destroy();
  });
});

test("a buffer of another device, or one that is gone, is told where a result is read, and harms nothing else", async () => {
  const loud: string[] = [];
  device.addEventListener("uncapturederror", ({ error }) => loud.push(error.message));
  const { device: other } = await findDevice({});
  const foreign = other.createBuffer({ size: 16, usage: STORAGE | COPY_SRC });
  const told = { name: "BackendError", code: "backend-refused" };
  await expect(softmax(fromGpuBuffer(backend, foreign, [4])).data()).rejects.toMatchObject(told);
  const gone = bufferOf(new Float32Array(4));
  const x = fromGpuBuffer(backend, gone, [4]);
  gone.destroy();
  await expect(softmax(x).data()).rejects.toMatchObject(told);
  expect(await softmax(tensor([0, 0], { backend })).data()).toEqual(Float32Array.of(0.5, 0.5));
  expect(loud).toEqual([]);
  other.destroy();
});

describe("prepare", () => {
  test("compiles ahead what a call needs, and computes nothing", async () => {
    const made = { ahead: 0, atOnce: 0 };
    const own = await gpu({ device: counting(device, made) });
    const logits = randn([30, 50], { seed: 1, backend: own });
    const target = randint(0, 50, [30], { seed: 2, backend: own });
    await target.data(); // its own kernels are compiled
    made.atOnce = 0;
    let result: Promise<unknown> = Promise.resolve();
    await prepare(own, () => {
      const { loss, grad } = crossEntropyWithGrad(logits, target);
      grad.dispose();
      result = loss.item().then(() => "computed", String);
    });
    expect(await result).toContain("prepared, not computed");
    expect(made.ahead).toBeGreaterThanOrEqual(4);
    expect(made.atOnce).toBe(0);
    const { loss } = crossEntropyWithGrad(logits, target);
    expect(await loss.item()).toBeGreaterThan(1);
    expect(made.atOnce).toBe(0);
    own.dispose();
  });

  test("leaves alone what the call would have written over", async () => {
    const logits = tensor([0, 0, 0, 0], [2, 2], { backend });
    const target = tensor([0, 1], [2], { dtype: "i32", backend });
    await prepare(backend, () => crossEntropyWithGrad(logits, target, { into: "logits" }).loss.dispose());
    expect(await logits.data()).toEqual(new Float32Array(4));
    const { grad } = crossEntropyWithGrad(logits, target, { into: "logits" });
    expect(await grad.data()).toEqual(Float32Array.of(-0.25, 0.25, 0.25, -0.25));
  });

  test("hands on what the call throws, and is over then", async () => {
    const throws = prepare(backend, () => {
      throw new RangeError("mine");
    });
    await expect(throws).rejects.toThrow("mine");
    expect(await softmax(tensor([0, 0], { backend })).data()).toEqual(Float32Array.of(0.5, 0.5));
    await expect(prepare(cpu(), () => undefined)).rejects.toThrow("needs a backend that gpu() made");
  });
});

/** The device, of which is counted how pipelines are made. */
function counting(of: GPUDevice, made: { ahead: number; atOnce: number }): GPUDevice {
  return between(of, {
    createComputePipelineAsync: async (descriptor) => {
      made.ahead++;
      return of.createComputePipelineAsync(descriptor);
    },
    createComputePipeline: (descriptor) => {
      made.atOnce++;
      return of.createComputePipeline(descriptor);
    },
  });
}
