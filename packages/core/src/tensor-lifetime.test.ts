import { describe, expect, test, vi } from "vitest";
import {
  binaryCrossEntropyWithLogits,
  cpu,
  crossEntropy,
  type HostBackend,
  klDivergence,
  linearCrossEntropy,
  logSumExp,
  randn,
  softmax,
  softmaxGrad,
  tensor,
  type Tensor,
  zeros,
} from "./index.ts";

function failure(name: string, code: string, message: RegExp): Error {
  const text: unknown = expect.stringMatching(message);
  return expect.objectContaining({ name, code, message: text }) as Error;
}

/** A second host backend: cpu's methods without `wrap`, so that everything goes through `write`. */
function second(): HostBackend {
  const inner = cpu();
  return {
    name: "second",
    maxBufferBytes: inner.maxBufferBytes,
    alloc: (bytes) => inner.alloc(bytes),
    free: (buffer) => inner.free(buffer),
    write: (buffer, bytes) => inner.write(buffer, bytes),
    read: (buffer, start, end) => inner.read(buffer, start, end),
    view: (buffer) => inner.view(buffer),
    refuses: (plan) => inner.refuses(plan),
    run: (plans) => inner.run(plans),
    describe: () => ({}),
    dispose: () => undefined,
  };
}

test.each(["f32", "i64", "f16", "bool"] as const)("to(backend) and back, %s", async (dtype) => {
  const backend = second();
  const x = tensor([1, 0, 1, 1, 0, 0], [2, 3], { dtype });
  const there = await x.transpose(0, 1).to(backend);
  expect(there).toMatchObject({ backend, shape: [3, 2], strides: [2, 1], dtype });
  const back = await there.to(cpu());
  there.dispose();
  expect(await back.toArray()).toEqual(await x.transpose(0, 1).toArray());
});

describe("lifetime", () => {
  test("dispose is idempotent; `using` calls it", () => {
    const x = tensor([1]);
    expect(x.disposed).toBe(false);
    x.dispose();
    x.dispose();
    expect(x.disposed).toBe(true);
    const y = tensor([1]);
    y[Symbol.dispose]();
    expect(y.disposed).toBe(true);
    let kept = y;
    {
      using z = tensor([2]);
      kept = z;
      expect(z.disposed).toBe(false);
    }
    expect(kept.disposed).toBe(true);
  });

  test("a view ends itself only; its owner ends all", async () => {
    const x = tensor([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    const [a, b] = [x.reshape(6), x.transpose(0, 1)];
    a.dispose();
    expect([a.disposed, b.disposed, x.disposed]).toEqual([true, false, false]);
    expect(await b.slice(0, 0, 1).toArray()).toEqual([[0, 3]]);
    x.dispose();
    expect(b.disposed).toBe(true);
    expect(() => b.reshape(6)).toThrow(failure("DisposedError", "disposed", /\[3, 2\] was disposed/));
  });

  const target = tensor([0, 1], [2], { dtype: "i64" });
  const OPERATIONS: Readonly<Record<string, (x: Tensor<"f32", HostBackend>) => unknown>> = {
    buffer: (x) => x.buffer,
    reshape: (x) => x.reshape(4),
    permute: (x) => x.permute(1, 0),
    transpose: (x) => x.transpose(0, 1),
    slice: (x) => x.slice(0, 0, 1),
    cast: (x) => x.cast("f64"),
    to: async (x) => x.to(second()),
    view: (x) => x.view(),
    data: async (x) => x.data(),
    item: async (x) => x.slice(0, 0, 1).item(),
    toArray: async (x) => x.toArray(),
    format: async (x) => x.format(),
    print: async (x) => x.print(),
    softmax: (x) => softmax(x),
    logSumExp: (x) => logSumExp(x),
    "upstream of softmaxGrad": (x) => softmaxGrad(randn([2, 2]), x),
    "binary logits": (x) => binaryCrossEntropyWithLogits(x, zeros([2, 2])),
    "binary weight": (x) => binaryCrossEntropyWithLogits(zeros([2, 2]), zeros([2, 2]), { weight: x }),
    "kl target": (x) => klDivergence(zeros([2, 2]), x),
    "row weight": (x) => crossEntropy(zeros([2, 3, 2]), zeros([2, 2], { dtype: "i64" }), { rowWeight: x }),
    logits: (x) => crossEntropy(x, target),
    "target probabilities": (x) => crossEntropy(randn([2, 2]), x),
    hidden: (x) => linearCrossEntropy(x, randn([3, 2]), target),
    matrix: (x) => linearCrossEntropy(randn([2, 2]), x, target),
  };

  test.each(Object.entries(OPERATIONS))("%s of a disposed tensor", async (name, operation) => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    const x = randn([2, 2], { seed: 1 });
    if (name !== "item") await operation(x);
    x.dispose();
    await expect(Promise.resolve().then(() => operation(x))).rejects.toThrow(
      failure("DisposedError", "disposed", /shape \[2, 2\] was disposed/),
    );
    vi.restoreAllMocks();
  });
});
