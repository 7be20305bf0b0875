import { describe, expect, test } from "vitest";
import {
  type Backend,
  BackendError,
  binaryCrossEntropyWithLogits,
  choose,
  cpu,
  crossEntropy,
  crossEntropyStats,
  crossEntropyWithGrad,
  type DeviceBuffer,
  isHostBackend,
  klDivergenceWithGrad,
  linearCrossEntropy,
  linearCrossEntropyWithGrad,
  logSoftmaxGrad,
  nllLoss,
  oneHot,
  perplexity,
  type Plan,
  randn,
  softmaxGrad,
  tensor,
  type Tensor,
  zeros,
} from "./index.ts";

/** A backend of device memory (no view, no wrap) that computes on cpu and counts what is asked of it. */
interface Counting extends Backend {
  readonly live: ReadonlySet<DeviceBuffer>;
  readonly counts: { alloc: number; free: number; run: number };
  readonly plans: Plan["kind"][];
}

function counting(options: { refuse?: Plan["kind"]; fail?: Plan["kind"]; maxBufferBytes?: number } = {}): Counting {
  const inner = cpu();
  const live = new Set<DeviceBuffer>();
  const counts = { alloc: 0, free: 0, run: 0 };
  const plans: Plan["kind"][] = [];
  return {
    name: "counting",
    maxBufferBytes: options.maxBufferBytes ?? inner.maxBufferBytes,
    live,
    counts,
    plans,
    alloc(bytes) {
      const buffer = inner.alloc(bytes);
      new Uint8Array(inner.view(buffer).bytes).fill(0xff); // "zeroed or not": NaN throughout
      live.add(buffer);
      counts.alloc++;
      return buffer;
    },
    free(buffer) {
      expect(live.delete(buffer)).toBe(true); // once, and one of ours
      counts.free++;
      inner.free(buffer);
    },
    write: (buffer, bytes) => inner.write(buffer, bytes),
    read: (buffer, start, end) => inner.read(buffer, start, end),
    refuses: (plan) => (plan.kind === options.refuse ? "it is Sunday" : undefined),
    run(queued) {
      counts.run++;
      plans.push(...queued.map(({ kind }) => kind));
      if (queued.some(({ kind }) => kind === options.fail)) throw new BackendError("memory", "lost");
      inner.run(queued);
    },
    describe: () => ({}),
    dispose: () => undefined,
  };
}

function failure(code: string, ...words: readonly string[]): Error {
  const message: unknown = expect.stringMatching(words.map((word) => `(?=.*${word})`).join(""));
  return expect.objectContaining({ code, message }) as Error;
}

function inputs<B extends Backend>(backend: B) {
  const floats = (seed: number, ...shape: number[]) => randn(shape, { seed, backend });
  const indices = (values: readonly number[]) => tensor(values, { dtype: "i64", backend });
  return { logits: floats(1, 4, 3), target: indices([0, 2, 1, -100]), weight: floats(2, 3), floats, indices };
}

function valuesOf(results: object): readonly (Tensor | undefined)[] {
  return Object.values(results) as (Tensor | undefined)[];
}

/** Every kind of plan, with temporaries and copies, by the names of the plans. */
const CALLS: Readonly<Record<string, (backend: Counting) => readonly (Tensor | undefined)[]>> = {
  "target-mass cross-entropy": (b) => [crossEntropy(inputs(b).logits, inputs(b).target)],
  "target-mass cross-entropy with gradient": (b) => valuesOf(crossEntropyWithGrad(inputs(b).logits, inputs(b).target)),
  "cross-entropy of probabilities": (b) =>
    valuesOf(crossEntropyWithGrad(inputs(b).logits, inputs(b).floats(3, 4, 3), { targetGrad: true })),
  "target-mass cross-entropy of statistics": (b) => valuesOf(crossEntropyStats(inputs(b).logits, inputs(b).target)),
  "target-mass cross-entropy pointwise": (b) => [perplexity(inputs(b).logits, inputs(b).target)],
  "copy target-mass cross-entropy": (b) => [
    crossEntropy(inputs(b).floats(3, 2, 3, 4, 4).slice(3, 1), zeros([2, 4, 3], { dtype: "i32", backend: b })),
  ],
  softmax: (b) => [softmaxGrad(inputs(b).logits, inputs(b).floats(3, 4, 3))],
  "one-hot": (b) => [oneHot(inputs(b).indices([1, 0]), { classes: 2 })],
  "target-mass linear-cross-entropy": (b) =>
    valuesOf(linearCrossEntropyWithGrad(inputs(b).logits, inputs(b).floats(4, 5, 3), inputs(b).target)),
  "pointwise pointwise of a broadcast": (b) =>
    valuesOf(klDivergenceWithGrad(inputs(b).weight, inputs(b).floats(5, 4, 3))),
  copy: (b) => [inputs(b).logits.cast("f16")],
};

describe.each(Object.entries(CALLS))("%s", (name, call) => {
  const [kind = "copy"] = name.split(" ") as Plan["kind"][];

  test("gives what cpu gives, and keeps nothing but inputs and results", async () => {
    const backend = counting();
    const results = call(backend).filter((result) => result !== undefined);
    expect(backend.plans.join(" ")).toBe(name.replace(/ (with|of).*/, ""));
    const inputsLive = backend.live.size - results.length;
    for (const result of results) expect(backend.live).toContain(result.buffer);
    const plain = call(Object.assign(counting(), { name: "control" })).filter((result) => result !== undefined);
    for (const [i, result] of results.entries()) expect(await result.data()).toEqual(await plain[i]?.data());
    for (const result of results) result.dispose();
    expect(backend.live.size).toBe(inputsLive);
    expect(backend.counts.alloc).toBe(backend.counts.free + inputsLive);
  });

  test("a refused plan allocates nothing", () => {
    const made = counting();
    call(made);
    const backend = counting({ refuse: kind });
    expect(() => call(backend)).toThrow(failure("backend-refused", '"counting"', `"${kind}"`, "it is Sunday"));
    expect(backend.counts).toEqual({ alloc: backend.live.size, free: 0, run: 0 });
    expect(backend.live.size).toBeLessThan(made.counts.alloc);
  });

  test("an error in run frees all outputs and temporaries", () => {
    const refused = counting({ refuse: kind });
    expect(() => call(refused)).toThrow(failure("backend-refused"));
    const backend = counting({ fail: kind });
    expect(() => call(backend)).toThrow(failure("memory", "lost"));
    expect(backend.live.size).toBe(refused.live.size);
    expect(backend.counts.free).toBeGreaterThan(0);
  });
});

test("a bad target frees what was allocated, and names the call", () => {
  const backend = counting();
  const { logits, indices } = inputs(backend);
  const bad = indices([0, 1, 3, 0]);
  const before = backend.live.size;
  expect(() => crossEntropyWithGrad(logits, bad)).toThrow(
    failure("target-range", "crossEntropyWithGrad", "target 3", "row 2"),
  );
  expect(backend.live.size).toBe(before);
  expect(backend.counts.alloc).toBeGreaterThan(before);
});

test("the gradient of a broadcast frees its result if its sum is refused", () => {
  const inner = counting();
  let asked = 0;
  const backend = { ...inner, refuses: () => (++asked === 2 ? "too much" : undefined) };
  const [logQ, p] = [randn([3], { backend }), randn([4, 3], { backend })];
  expect(() => klDivergenceWithGrad(logQ, p)).toThrow(failure("backend-refused", "too much"));
  expect(inner.live.size).toBe(2);
});

test("1,000 calls with dispose leave nothing behind", () => {
  const backend = counting();
  const { logits, target, weight } = inputs(backend);
  const strided = logits.transpose(0, 1).reshape(4, 3);
  const before = backend.live.size;
  for (let i = 0; i < 1000; i++) {
    const { loss, grad } = crossEntropyWithGrad(i % 2 === 0 ? logits : strided, target, { weight });
    loss.dispose();
    grad.dispose();
  }
  expect(backend.live.size).toBe(before);
  expect(backend.counts.run).toBe(1001);
});

test("maxBufferBytes is kept, on creation, for results and copies", () => {
  const backend = counting({ maxBufferBytes: 16 });
  const memory = failure("memory", '"counting" holds at most 16 bytes', "20 needed");
  expect(() => tensor([1, 2, 3, 4, 5], { backend })).toThrow(memory);
  const x = tensor([1, 2, 3, 4], { backend });
  const labels = tensor([0, 1, 1, 0, 1], { dtype: "u8", backend });
  expect(() => x.cast("f64")).toThrow(failure("memory", "32 needed"));
  expect(() => oneHot(labels, { classes: 4, dtype: "u8" })).toThrow(memory);
  expect(() => oneHot(labels, { classes: 3, dtype: "u8" })).not.toThrow();
  expect(() => oneHot(labels.slice(0, 1), { classes: 4, dtype: "u8" })).not.toThrow();
  expect(backend.live.size).toBe(4);
});

describe("two backends do not mix", () => {
  const { logits, target, weight, floats, indices } = inputs<Backend>(cpu());
  const other = inputs<Backend>(counting());
  const row = floats(6, 4);
  type Case = readonly [name: string, run: (from: typeof other) => unknown];
  const cases: readonly Case[] = [
    ["target", (from) => crossEntropy(logits, from.target)],
    ["target probabilities", (from) => crossEntropy(logits, from.floats(3, 4, 3))],
    ["weight", (from) => crossEntropy(logits, target, { weight: from.weight })],
    ["rowWeight", (from) => crossEntropy(logits, target, { rowWeight: from.floats(6, 4) })],
    ["upstream", (from) => crossEntropyWithGrad(logits, target, { upstream: from.floats(6) })],
    [
      "upstream per row",
      (from) => crossEntropyWithGrad(logits, target, { upstream: from.floats(6, 4), reduction: "none" }),
    ],
    ["nll target", (from) => nllLoss(logits, from.target)],
    ["upstream of a softmax", (from) => logSoftmaxGrad(logits, from.logits)],
    ["pointwise target", (from) => binaryCrossEntropyWithLogits(row, from.floats(6, 4))],
    ["posWeight", (from) => binaryCrossEntropyWithLogits(row, row, { posWeight: from.floats(6, 4) })],
    ["matrix", (from) => linearCrossEntropy(logits, from.floats(7, 5, 3), target)],
    ["linear target", (from) => linearCrossEntropy(logits, floats(7, 5, 3), from.target)],
    ["bias", (from) => linearCrossEntropy(logits, floats(7, 5, 3), target, { bias: from.floats(6, 5) })],
    ["classWeight", (from) => linearCrossEntropy(logits, floats(7, 5, 3), target, { classWeight: from.floats(6, 5) })],
  ];

  test.each(cases)("%s", (_name, run) => {
    expect(() => run({ logits, target, weight, floats, indices })).not.toThrow();
    expect(() => run(other)).toThrow(failure("backend-mismatch", '"cpu" and "counting"', "use to\\(backend\\)"));
  });
});

test("cpu refuses a plan without a kernel, and does not run it", () => {
  const backend = counting();
  const plans: Plan[] = [];
  const bare: Backend = {
    ...backend,
    run: (queued) => plans.push(...queued.map((plan) => ({ ...plan, onCpu: undefined }))),
  };
  softmaxGrad(inputs(bare).logits, inputs(bare).logits);
  const [plan] = plans;
  if (plan === undefined) throw new TypeError("no plan");
  expect(cpu().refuses(plan)).toMatch("no kernel for cpu");
  expect(() => cpu().run([plan])).toThrow(failure("backend-refused", "no kernel for cpu"));
});

test("device memory cannot be seen", () => {
  const backend = counting();
  const x = tensor([1, 0], { dtype: "i64", backend }) as Tensor;
  expect(isHostBackend(backend)).toBe(false);
  expect(isHostBackend(cpu())).toBe(true);
  const view = x.view.bind(x as never);
  expect(() => view()).toThrow(failure("backend-refused", 'view: memory of backend "counting" cannot be seen'));
  expect(() => oneHot(x)).toThrow(failure("option-value", "classes is required", '"counting"'));
  expect(() => oneHot(x, { classes: -1 })).toThrow(failure("option-value", "classes is required"));
  expect(oneHot(x, { classes: 2 }).shape).toEqual([2, 2]);
});

describe("choose", () => {
  const none = (): Backend => {
    throw new Error("no adapter");
  };
  const rejected = async (): Promise<Backend> => Promise.reject(new Error("no SIMD"));
  const asked: string[] = [];
  const last = (): Backend => {
    asked.push("last");
    return counting();
  };

  test("takes the first that can be had and says why not the others", async () => {
    const { backend, passedOver } = await choose<Backend>([none, rejected, cpu, last]);
    expect(backend).toBe(cpu());
    expect(passedOver).toEqual([
      { name: "none", reason: "no adapter" },
      { name: "rejected", reason: "no SIMD" },
    ]);
    expect(asked).toEqual([]);
    expect((await choose<Backend>([last, cpu])).backend.name).toBe("counting");
  });

  describe("a device in software", () => {
    const disposed: string[] = [];
    const inSoftware = (name: string) => (): Backend => ({
      ...counting(),
      name,
      describe: () => ({ software: true }),
      dispose: () => void disposed.push(name),
    });
    const reason = "its device is software: processors are faster without it";

    test("is passed over and disposed of where there is another", async () => {
      const { backend, passedOver } = await choose<Backend>([none, inSoftware("a"), inSoftware("b"), cpu, last]);
      expect(backend).toBe(cpu());
      expect(passedOver.map((each) => each.reason)).toEqual(["no adapter", reason, reason]);
      expect(disposed.splice(0).toSorted()).toEqual(["a", "b"]);
    });

    test("is taken where there is no other: the first one", async () => {
      const { backend, passedOver } = await choose<Backend>([none, inSoftware("a"), inSoftware("b"), rejected]);
      expect(backend.name).toBe("a");
      expect(passedOver).toEqual([{ name: "none", reason: "no adapter" }]);
      expect(disposed).toEqual(["b"]);
    });
  });

  test("gives all reasons if there is none", async () => {
    const reasons = failure("backend-unavailable", "none: no adapter; rejected: no SIMD");
    await expect(choose([none, rejected])).rejects.toThrow(reasons);
    await expect(choose([])).rejects.toThrow(failure("backend-unavailable", "none was given"));
  });
});
