import {
  binaryCrossEntropyWithLogitsWithGrad,
  crossEntropy,
  crossEntropyStats,
  crossEntropyWithGrad,
  explainLinearCrossEntropy,
  full,
  type HostBackend,
  linearCrossEntropyWithGrad,
  oneHot,
  rand,
  randint,
  randn,
  softmax,
  softmaxGrad,
  type Tensor,
  tensor,
  zeros,
} from "@surprisal/core";
import { afterAll, describe, expect, test } from "vitest";
import type { WasmOptions } from "./options.ts";
import { wasm } from "./wasm.ts";

const made: HostBackend[] = [];
afterAll(() => {
  for (const backend of made) backend.dispose();
});

async function backendWith(options: WasmOptions): Promise<HostBackend> {
  const backend = await wasm(options);
  made.push(backend);
  return backend;
}

/** Calls of every kind, large enough to be cut into many chunks. */
const CALLS: Readonly<Record<string, (backend: HostBackend) => readonly Tensor[]>> = {
  "rows of many classes"(backend) {
    const logits = randn([300, 1000], { seed: 1, backend });
    const target = randint(0, 1000, [300], { seed: 2, backend });
    const { loss, grad } = crossEntropyWithGrad(logits, target, { labelSmoothing: 0.1, zLoss: 1e-4 });
    return [loss, grad, crossEntropy(logits, target, { reduction: "sum" })];
  },
  "rows of few classes"(backend) {
    const { loss, grad } = crossEntropyWithGrad(
      randn([40_000, 10], { seed: 3, backend }),
      randint(0, 10, [40_000], { seed: 4, backend }),
    );
    return [loss, grad];
  },
  "classes that lie apart"(backend) {
    const logits = randn([2, 5, 200, 100], { seed: 5, backend });
    const { loss, grad } = crossEntropyWithGrad(
      logits,
      softmax(randn([2, 5, 200, 100], { seed: 6, backend }), { dim: 1 }),
    );
    return [loss, grad];
  },
  statistics(backend) {
    const stats = crossEntropyStats(
      randn([500, 300], { seed: 7, backend }),
      randint(0, 300, [500], { seed: 8, backend }),
    );
    return Object.values<Tensor>({ ...stats });
  },
  "element by element"(backend) {
    const { loss, grad } = binaryCrossEntropyWithLogitsWithGrad(
      randn([300_000], { seed: 9, backend }),
      rand([300_000], { seed: 10, backend }),
    );
    return [loss, grad];
  },
  "softmax and its gradient"(backend) {
    const x = randn([100, 2000], { seed: 11, backend });
    return [softmax(x), softmaxGrad(x, randn([100, 2000], { seed: 12, backend }))];
  },
  "one-hot"(backend) {
    return [oneHot(randint(0, 50, [5000], { seed: 13, backend }), { classes: 50 })];
  },
  "a linear layer"(backend) {
    const { loss, gradHidden, gradWeight } = linearCrossEntropyWithGrad(
      randn([300, 40], { seed: 14, backend }),
      randn([500, 40], { seed: 15, backend }),
      randint(0, 500, [300], { seed: 16, backend }),
      { maxBytes: 500_000 },
    );
    return [loss, gradHidden, gradWeight];
  },
};

async function bitsOf(tensors: readonly Tensor[]): Promise<string> {
  const hashes = await Promise.all(
    tensors.map(async (each) => {
      const data = await each.data();
      let hash = 0;
      for (const byte of new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) {
        hash = Math.imul(hash ^ byte, 0x01000193);
      }
      each.dispose();
      return `${data.length}:${hash}`;
    }),
  );
  return hashes.join(" ");
}

describe.each(["simd", "auto"] as const)("results (%s) have the same bits", async (simd) => {
  const one = await backendWith({ threads: 1, simd, chunk: 1000 });
  const several = await Promise.all([2, 3, 8].map(async (threads) => backendWith({ threads, simd, chunk: 1000 })));

  test.each(Object.entries(CALLS))("for 1, 2, 3 and 8 threads, and from run to run: %s", async (_, call) => {
    const expected = await bitsOf(call(one));
    for (const backend of [one, ...several]) {
      for (let run = 0; run < 3; run++) expect(await bitsOf(call(backend))).toBe(expected);
    }
  });

  test("and there were that many", () => {
    expect(several.map((backend) => backend.describe()["threads"])).toEqual([2, 3, 8]);
  });
});

describe("gradients in f32 keep their digits", () => {
  const weight = tensor([1, 2, 3, 1, 2, 3, 1, 2]);

  test.each([
    ["plain rows of few classes", [4096, 8], [4096], {}],
    ["class weights", [4096, 8], [4096], { weight }],
    ["classes that lie apart", [1, 8, 4096], [1, 4096], {}],
    ["long rows", [64, 1000], [64], {}],
  ] as const)("where logits are high and the mean divides by many: %s", async (_, shape, targetShape, options) => {
    const backend = await backendWith({ threads: 1 });
    const x = await randn(shape, { seed: 1 }).data();
    const logits = tensor(
      Float32Array.from(x, (each) => 56 + each),
      shape,
    );
    const target = randint(0, 8, targetShape, { seed: 2 });
    const exact = await crossEntropyWithGrad(logits, target, { upstream: 1e-6, ...options }).grad.data();
    const moved = "weight" in options ? { weight: await options.weight.to(backend) } : {};
    const { grad } = crossEntropyWithGrad(await logits.to(backend), await target.to(backend), {
      upstream: 1e-6,
      ...moved,
    });
    const got = (await grad.data()) as Float32Array;
    const off = Array.from(exact as Float32Array, (g, i) => Math.abs((got[i] ?? NaN) - g) / Math.abs(g));
    expect(Math.max(...off.slice(0, 30_000))).toBeLessThan(3e-6);
  });
});

describe("describe()", () => {
  test("says what was found", async () => {
    const backend = await backendWith({ threads: 2 });
    expect(backend.describe()).toMatchObject({ name: "wasm", simd: "relaxed", threads: 2 });
  });

  test("says why there is one thread, and why there is nothing relaxed", async () => {
    expect((await backendWith({ threads: 1 })).describe()).toMatchObject({
      oneThreadBecause: "threads: 1 was asked for",
    });
    expect((await backendWith({ deterministic: true })).describe()).toMatchObject({ simd: "simd" });
  });
});

describe("memory", () => {
  const MEBI = 2 ** 20;
  const bytesOf = (backend: HostBackend): number => backend.describe()["memoryBytes"] as number;

  test("that grows moves no tensor", async () => {
    const backend = await backendWith({ threads: 1 });
    const first = tensor([1, 2, 3], { backend });
    const before = first.view();
    const held = bytesOf(backend);
    const large = full([8 * MEBI], 7, { backend });
    expect(bytesOf(backend)).toBeGreaterThanOrEqual(held + 32 * MEBI);
    expect(Array.from(first.view() as Float32Array)).toEqual([1, 2, 3]);
    expect(before.length === 0 || before[0] === 1).toBe(true); // detached, or as it was: never something else
    expect(large.view()[8 * MEBI - 1]).toBe(7);
    large.dispose();
    const again = full([8 * MEBI], 5, { backend });
    expect(bytesOf(backend)).toBeLessThan(held + 34 * MEBI); // the place of the first
    again.dispose();
  });

  test("is made, not copied: a tensor can be filled where it lies", async () => {
    const backend = await backendWith({ threads: 1 });
    const logits = zeros([2, 3], { backend });
    logits.view().set([1, 2, 3, 4, 5, 6]);
    expect(await logits.toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  test("does not leak over 10,000 calls", async () => {
    const backend = await backendWith({ threads: 2, chunk: 64 });
    const logits = randn([20, 30], { seed: 1, backend });
    const target = randint(0, 30, [20], { seed: 2, backend });
    const step = (): void => {
      const { loss, grad } = crossEntropyWithGrad(logits, target);
      grad.dispose();
      loss.dispose();
    };
    for (let i = 0; i < 100; i++) step();
    const { memoryBytes, freeBytes, buffers } = backend.describe();
    for (let i = 0; i < 10_000; i++) step();
    expect(backend.describe()).toMatchObject({ memoryBytes, freeBytes, buffers });
  });

  test.each([
    ["rows", [64, 32_000], [64]],
    ["columns", [1, 4, 96, 96, 32], [1, 96, 96, 32]],
  ] as const)("beyond inputs and outputs stays under 4 MiB in a forward pass: %s", async (_, shape, targetShape) => {
    const backend = await backendWith({ threads: 2 });
    const logits = randn(shape, { seed: 1, backend });
    const target = randint(0, 4, targetShape, { seed: 2, dtype: "i32", backend });
    const inputs = 4 * (logits.size + target.size);
    crossEntropy(logits, target);
    expect(bytesOf(backend) - inputs).toBeLessThan(4 * MEBI);
  });

  test.each([
    { rows: 512, features: 64, classes: 16_384, maxBytes: 4 * MEBI, keptEach: 1 }, // logits: 32 MiB
    { rows: 4096, features: 512, classes: 50_257, maxBytes: 64 * MEBI, keptEach: 64 }, // 824 MB
  ])("[$rows, $features] × [$classes, $features] with gradients: memory", async (size) => {
    const { rows, features, classes, maxBytes, keptEach } = size;
    const backend = await backendWith({ threads: 2 });
    const hidden = randn([rows, features], { seed: 1, backend });
    const weight = randn([classes, features], { seed: 2, backend });
    const labels = Int32Array.from({ length: rows }, (_, row) => (row % keptEach === 0 ? row % classes : -100));
    const target = tensor(labels, { dtype: "i32", backend });
    const before = bytesOf(backend);
    linearCrossEntropyWithGrad(hidden, weight, target, { maxBytes });
    const outputs = 4 * (hidden.size + weight.size);
    expect(bytesOf(backend) - before - outputs).toBeLessThan(maxBytes + MEBI / 4);
    const gradients = ["hidden", "weight"] as const;
    const said = explainLinearCrossEntropy(hidden, weight, target, { maxBytes, gradients });
    expect(said.workingBytes).toBeLessThanOrEqual(maxBytes);
    expect(said.flops).toBe(3 * 2 * rows * classes * features);
    expect(said.blocks).toBe(Math.ceil(rows / said.blockRows));
  });

  test("that there is not enough of is a typed error that names the bytes, and loses nothing", async () => {
    const backend = await backendWith({ threads: 1 });
    const kept = tensor([1, 2, 3], { backend });
    const { buffers } = backend.describe();
    const bytes = backend.maxBufferBytes - 65_536; // allowed, but the memory has other things in it
    expect(() => backend.alloc(bytes)).toThrow(expect.objectContaining({ name: "BackendError", code: "memory" }));
    expect(() => backend.alloc(bytes)).toThrow(`wasm: ${bytes} bytes could not be allocated`);
    expect(backend.describe()["buffers"]).toBe(buffers);
    expect(await softmax(kept).toArray()).toHaveLength(3);
  });
});

describe("dispose", () => {
  test("ends the backend: its tensors throw, and it can be done twice", async () => {
    const backend = await wasm({ threads: 2 });
    const x = tensor([1, 2], { backend });
    backend.dispose();
    backend.dispose();
    expect(() => softmax(x)).toThrow(expect.objectContaining({ name: "DisposedError", code: "disposed" }));
    expect(() => tensor([1], { backend })).toThrow(expect.objectContaining({ code: "disposed" }));
    x.dispose();
  });
});

test("a linear plan that does not fit is refused before anything is written", async () => {
  const backend = await backendWith({ threads: 1 });
  const { buffers } = backend.describe();
  const call = (): unknown =>
    linearCrossEntropyWithGrad(
      randn([10, 4], { seed: 1, backend }),
      randn([1000, 4], { seed: 2, backend }),
      randint(0, 1000, [10], { seed: 3, backend }),
      { maxBytes: 1000 },
    );
  expect(call).toThrow(/maxBytes is 1000; at least \d+ are needed/);
  expect(backend.describe()["buffers"]).toBe((buffers as number) + 3); // the call's inputs
});

test.each([[], ["hidden"], ["weight"], ["bias"], ["hidden", "bias"]] as const)(
  "gradients of a linear layer on request: %s",
  async (...gradients) => {
    const backend = await backendWith({});
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
