import { describe, expect, test } from "vitest";
import {
  crossEntropy,
  crossEntropyStats,
  crossEntropyWithGrad,
  type CrossEntropyGradOptions,
  type FloatDType,
  full,
  type HostBackend,
  oneHot,
  randint,
  randn,
  softmax,
  tensor,
  type Tensor,
} from "./index.ts";

type Host<D extends FloatDType = FloatDType> = Tensor<D, HostBackend>;

const labels = (...values: number[]): Tensor<"i64", HostBackend> => tensor(values, { dtype: "i64" });
const numbers = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number);

describe("near-zero losses keep all their digits", () => {
  // log1p(e^−gap), and its gradient ±e^−gap / (1 + e^−gap); 30 digits of bc
  test.each([
    [17, 4.139937633e-8],
    [20, 2.0611536e-9],
    [88, 6.054601895401186e-39],
    [100, 3.720075976020836e-44],
  ])("[%d, 0]", async (gap, want) => {
    const { loss, grad } = crossEntropyWithGrad(tensor([[gap, 0]]), labels(0));
    const bound = Math.max(want * 2 ** -23, 2 ** -149) + want * 2 ** -30; // the digits given above
    expect(Math.abs((await loss.item()) - want)).toBeLessThanOrEqual(bound);
    const [first = NaN, second = NaN] = await numbers(grad);
    expect(first).toBe(-second);
    expect(Math.abs(second - Math.exp(-gap) / (1 + Math.exp(-gap)))).toBeLessThanOrEqual(bound);
  });

  test("a common offset changes nothing that f32 logits hold", async () => {
    const x = tensor([[17, 0, 3]]);
    const shifted = tensor([[17 + 4096, 4096, 3 + 4096]]);
    expect(await crossEntropy(shifted, labels(0)).item()).toBe(await crossEntropy(x, labels(0)).item());
  });
});

describe("declared corners, by default and as PyTorch has them", () => {
  const [inf, nan] = [Infinity, NaN];
  const run = async (x: Tensor, y: Tensor, options: CrossEntropyGradOptions = {}): Promise<readonly number[][]> => {
    const { loss, grad } = crossEntropyWithGrad(x, y, { reduction: "none", ...options });
    return [await numbers(loss), await numbers(grad)];
  };

  test.each([[[nan, 1]], [[inf, 0]], [[-inf, -inf]]])("an ignored row of %j has gradient exactly 0", async (row) => {
    const x = tensor([row, [0, 0]]);
    expect(await run(x, labels(-100, 1))).toEqual([
      [0, Math.fround(Math.LN2)],
      [0, 0, 0.5, -0.5],
    ]);
    expect(await run(x, labels(-100, 1), { compat: "torch" })).toEqual([
      [0, Math.fround(Math.LN2)],
      [nan, nan, 0.5, -0.5],
    ]);
    const weighted = await run(x, labels(0, 1), { rowWeight: tensor([0, 1]) });
    expect(weighted).toEqual([
      [0, Math.fround(Math.LN2)],
      [0, 0, 0.5, -0.5],
    ]);
  });

  test("a row that is not ignored keeps its NaN, and the others are exact", async () => {
    const [loss, grad] = await run(
      tensor([
        [nan, 1],
        [0, 0],
      ]),
      labels(0, 1),
    );
    expect(loss).toEqual([nan, Math.fround(Math.LN2)]);
    expect(grad).toEqual([nan, nan, 0.5, -0.5]);
  });

  test("a class without target mass contributes nothing: 0·∞ is 0", async () => {
    const x = tensor([[0, -inf, 0]]);
    const p = tensor([[1, 0, 0]]);
    const [ln2] = [Math.fround(Math.LN2)];
    expect(await run(x, p)).toEqual([[ln2], [-0.5, 0, 0.5]]);
    expect(await run(x, p, { compat: "torch" })).toEqual([[nan], [-0.5, 0, 0.5]]);
    const weight = tensor([1, 0, 1]);
    expect((await run(x, labels(1), { weight }))[0]).toEqual([0]);
    expect((await run(x, labels(1), { weight, compat: "torch" }))[0]).toEqual([nan]);
    expect((await run(x, labels(0), { weight, labelSmoothing: 0.5 }))[0]?.[0]).toBeLessThan(inf);
    expect((await run(x, labels(0), { labelSmoothing: 0.5 }))[0]).toEqual([inf]);
  });

  test("−∞ at the target: loss ∞, gradient finite", async () => {
    expect(await run(tensor([[0, -inf]]), labels(1))).toEqual([[inf], [1, -1]]);
  });

  test("C = 1: no loss, no gradient; no −0 either", async () => {
    expect(await run(tensor([[5], [-3]]), labels(0, 0))).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

describe("the mean", () => {
  const x = randn([4, 3], { seed: 1, dtype: "f64" });
  const y = labels(0, 2, -100, 1);
  const each = async (options: object = {}): Promise<number[]> =>
    numbers(crossEntropy(x, y, { ...options, reduction: "none" }));
  /** A sum of 4 and a division, each rounded once. */
  const near = (got: number, want: number): void =>
    expect(Math.abs(got - want)).toBeLessThanOrEqual(8 * 2 ** -52 * Math.abs(want));

  test("divides by the weights of kept targets, by the normalizer, by row weights", async () => {
    const weight = tensor([1, 2, 4], { dtype: "f64" });
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    near(await crossEntropy(x, y).item(), sum(await each()) / 3);
    near(await crossEntropy(x, y, { weight }).item(), sum(await each({ weight })) / 7);
    near(await crossEntropy(x, y, { normalizer: 10 }).item(), sum(await each()) / 10);
    const rowWeight = tensor([0.5, 2, 9, 0]);
    const plain = await each();
    const weighted = plain.map((loss, i) => loss * ([0.5, 2, 9, 0][i] ?? NaN));
    expect(await each({ rowWeight })).toEqual(weighted);
    near(await crossEntropy(x, y, { rowWeight }).item(), sum(weighted) / 2.5);
    near(await crossEntropy(x, y, { rowWeight, weight }).item(), sum(await each({ rowWeight, weight })) / (0.5 + 8));
    near(
      await crossEntropy(x, oneHot(labels(0, 2, 1, 1), { dtype: "f64" }), { rowWeight }).item(),
      (weighted.slice(0, 2).reduce((a, b) => a + b) +
        9 *
          (await numbers(crossEntropy(x, labels(0, 2, 1, 1), { reduction: "none" })))
            .slice(2, 3)
            .reduce((a, b) => a + b)) /
        11.5,
    );
  });

  test.each([
    ["all ignored", randn([2, 3]), labels(-100, -100), {}],
    ["no rows", randn([0, 3]), tensor([], { dtype: "i64" }), {}],
    ["row weights of 0", randn([2, 3]), labels(0, 1), { rowWeight: tensor([0, 0]) }],
    ["probabilities with row weights of 0", randn([2, 3]), softmax(randn([2, 3])), { rowWeight: tensor([0, 0]) }],
    ["no rows of probabilities", randn([0, 3]), randn([0, 3]), {}],
  ] as const)("of nothing: %s", async (_name, logits, target, options) => {
    const nothing = async (onEmpty?: "nan" | "zero"): Promise<readonly number[]> => {
      const { loss, grad } = crossEntropyWithGrad(logits, target, { ...options, ...(onEmpty && { onEmpty }) });
      return [await loss.item(), ...(await numbers(grad))];
    };
    const zeros = new Array<number>(logits.size).fill(0);
    expect(await nothing()).toEqual([NaN, ...zeros]);
    expect(await nothing("nan")).toEqual([NaN, ...zeros]);
    expect(await nothing("zero")).toEqual([0, ...zeros]);
    expect(() => crossEntropy(logits, target, { ...options, onEmpty: "throw" })).toThrow(
      expect.objectContaining({ code: "empty-mean" }),
    );
    expect(await crossEntropy(logits, target, { ...options, reduction: "sum", onEmpty: "throw" }).item()).toBe(0);
  });
});

test.each(["f32", "f64", "f16", "bf16"] as const)("into: the gradient of %s logits, bit for bit", async (dtype) => {
  const shape = [3, 130, 9];
  const target = randint(0, 130, [3, 9], { seed: 2 });
  const weight = softmax(randn([130], { seed: 3, dtype }));
  for (const options of [{}, { labelSmoothing: 0.1, weight }, { softcap: 2, zLoss: 0.1 }] as const) {
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
    ] as const) {
      const memory = randn(shape, { seed: 4, dtype }).permute(order).cast(dtype).permute(order);
      const { loss, grad } = crossEntropyWithGrad(memory, target, options);
      const inPlace = crossEntropyWithGrad(memory, target, { ...options, into: "logits" });
      expect(inPlace.grad).toBe(memory);
      expect(await inPlace.loss.data()).toEqual(await loss.data());
      expect(await memory.data()).toEqual(await grad.data());
    }
  }
});

test.each([
  ["channels last", (x: Host) => x.permute(0, 2, 3, 1).cast(x.dtype).permute(0, 3, 1, 2)],
  ["batch innermost", (x: Host) => x.permute(1, 2, 3, 0).cast(x.dtype).permute(3, 0, 1, 2)],
  ["classes outermost, reversed", (x: Host) => x.permute(1, 3, 2, 0).cast(x.dtype).permute(3, 0, 2, 1)],
])("%s logits and targets give what dense ones give", async (_name, strided) => {
  const x = randn([3, 17, 4, 5], { seed: 5 });
  const y = randint(0, 17, [3, 4, 5], { seed: 6 });
  const p = softmax(randn([3, 17, 4, 5], { seed: 7 }), { dim: 1 });
  const view = strided(x);
  expect(view.strides).not.toEqual(x.strides);
  for (const [target, other] of [
    [y, y.transpose(1, 2).cast("i32").transpose(1, 2)],
    [p, strided(p)],
  ] as const) {
    const dense = crossEntropyWithGrad(x, target, { reduction: "none" });
    const got = crossEntropyWithGrad(view, other, { reduction: "none" });
    // the order of summation may follow the memory: f64 roundings, then one to f32
    const [a, b] = [
      [...(await numbers(dense.loss)), ...(await numbers(dense.grad))],
      [...(await numbers(got.loss)), ...(await numbers(got.grad))],
    ];
    const worst = Math.max(
      ...a.map((value, i) => Math.abs(value - (b[i] ?? NaN)) / Math.max(Math.abs(value) * 2 ** -23, 2 ** -149)),
    );
    expect(worst).toBeLessThanOrEqual(1);
  }
});

test("slices give what copies of them give", async () => {
  const x = randn([6, 20, 5], { seed: 8 }).slice(0, 1, 5).slice(1, 3, 16).slice(2, 1, 4);
  const y = randint(0, 13, [4, 3], { seed: 9 });
  const [view, copy] = [crossEntropyWithGrad(x, y), crossEntropyWithGrad(x.cast("f32"), y)];
  expect(await view.loss.item()).toBe(await copy.loss.item());
  expect(await view.grad.data()).toEqual(await copy.grad.data());
});

test.each(["f16", "bf16"] as const)(
  "%s is storage: arithmetic as of the widened logits, one rounding",
  async (dtype) => {
    const x = randn([5, 33], { seed: 10, dtype });
    const y = randint(0, 33, [5], { seed: 11 });
    const [half, wide] = [crossEntropyWithGrad(x, y), crossEntropyWithGrad(x.cast("f64"), y)];
    expect([half.loss.dtype, half.grad.dtype]).toEqual(["f32", dtype]);
    expect(await half.loss.data()).toEqual(await wide.loss.cast("f32").data());
    expect(await half.grad.data()).toEqual(await wide.grad.cast(dtype).data());
    expect(crossEntropy(x, y, { compat: "torch" }).dtype).toBe(dtype);
    expect(crossEntropy(x, softmax(x.cast("f64"))).dtype).toBe("f64");
  },
);

describe("5,000 classes, in chunks", () => {
  const base = async (): Promise<Float32Array> => randn([1, 5000], { seed: 12, dtype: "f32" }).data();
  const lossOf = async (values: Float32Array, label: number): Promise<readonly number[]> => {
    const { loss, grad } = crossEntropyWithGrad(tensor(values, [1, 5000]), labels(label));
    return [await loss.item(), ...(await numbers(grad))];
  };

  test("−∞ throughout the first chunk", async () => {
    const values = (await base()).fill(-Infinity, 0, 2000);
    const [loss, ...grad] = await lossOf(values, 3000);
    const rest = crossEntropyWithGrad(tensor(values.subarray(2000), [1, 3000]), labels(1000));
    expect(Math.abs((loss ?? NaN) - (await rest.loss.item()))).toBeLessThanOrEqual(2 ** -21); // 1 ulp of a loss below 16
    expect(grad.slice(0, 2000).every((value) => value === 0)).toBe(true);
    expect(grad.slice(2000).every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
    expect((await lossOf(values, 5))[0]).toBe(Infinity);
  });

  test("the maximum in the last chunk", async () => {
    const values = await base();
    values[4999] = 100;
    const [loss = NaN, ...grad] = await lossOf(values, 0);
    expect(loss).toBe(Math.fround(100 - (values[0] ?? NaN)));
    expect([grad[0], grad[4999]]).toEqual([-1, 1]);
    const stats = crossEntropyStats(tensor(values, [1, 5000]), labels(4999));
    expect([await stats.predicted.item(), await stats.rank.item(), await stats.max.item()]).toEqual([4999, 1, 100]);
  });

  test("rank of the largest target probability, row by row", async () => {
    const logits = tensor(
      Float32Array.from({ length: 10_000 }, (_, i) => (i % 5000) / 100),
      [2, 5000],
    );
    const probabilities = new Float32Array(10_000);
    probabilities[3000] = 0.75;
    probabilities[5000 + 10] = 0.5;
    const { rank } = crossEntropyStats(logits, tensor(probabilities, [2, 5000]));
    expect(await numbers(rank)).toEqual([2000, 4990]);
  });

  test.each([0, 1023, 1024, 4999])("NaN at class %d", async (at) => {
    const values = await base();
    values[at] = NaN;
    expect((await lossOf(values, 7)).every(Number.isNaN)).toBe(true);
    const stats = crossEntropyStats(tensor(values, [1, 5000]), labels(7));
    expect([await stats.loss.item(), await stats.max.item(), await stats.entropy.item()]).toEqual([NaN, NaN, NaN]);
  });
});

test("statistics of ignored rows and ties", async () => {
  const stats = crossEntropyStats(full([3, 4], 1), labels(-100, 0, 3));
  expect(await numbers(stats.rank)).toEqual([0, 1, 4]);
  const predicted: Int32Array = stats.predicted.view(); // by its type
  expect(predicted).toEqual(Int32Array.of(0, 0, 0));
  expect(await numbers(stats.probability)).toEqual([0, 0.25, 0.25]);
  expect(await numbers(stats.loss)).toEqual([0, Math.fround(Math.log(4)), Math.fround(Math.log(4))]);
  expect(await numbers(stats.entropy)).toEqual(new Array(3).fill(Math.fround(Math.log(4))));
});
