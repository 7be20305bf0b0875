import { describe, expect, test } from "vitest";
import {
  binaryCrossEntropyWithLogits,
  binaryCrossEntropyWithLogitsWithGrad,
  cpu,
  crossEntropy,
  type CrossEntropyOptions,
  crossEntropyWithGrad,
  type FloatDType,
  focalLoss,
  focalLossWithGrad,
  type HostBackend,
  klDivergence,
  klDivergenceWithGrad,
  linearCrossEntropy,
  linearCrossEntropyWithGrad,
  multilabelSoftMarginLoss,
  multilabelSoftMarginLossWithGrad,
  randint,
  randn,
  sigmoidFocalLoss,
  sigmoidFocalLossWithGrad,
  softmax,
  tensor,
  type Tensor,
} from "./index.ts";

// Every gradient against central differences of its own loss, in f64.

type Host = Tensor<FloatDType, HostBackend>;

const STEP = 2 ** -17;
// Truncation: STEP²/6 times a third derivative, below 64 at these options. Rounding: a few ulp of the loss over STEP.
const TRUNCATION = (64 / 6) * STEP ** 2;
const ROUNDING = 2 ** -49 / STEP;

async function expectSlopes(loss: () => Host, by: Host, gradient: Host | undefined): Promise<void> {
  const values = (by as Tensor<"f64", HostBackend>).view();
  const got = await (gradient ?? by).data();
  expect(gradient?.shape).toEqual(by.shape);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    values[i] = value + STEP;
    const above = await loss().item();
    values[i] = value - STEP;
    const below = await loss().item();
    values[i] = value;
    const bound = TRUNCATION + ROUNDING * (1 + Math.abs(above));
    expect(Math.abs((got[i] ?? NaN) - (above - below) / (2 * STEP))).toBeLessThanOrEqual(bound);
  }
}

const random = (seed: number, ...shape: number[]): Host => randn(shape, { seed, dtype: "f64" });
const indices = (values: readonly number[], shape = [values.length]): Tensor<"i64", HostBackend> =>
  tensor(values, shape, { dtype: "i64" });

const weight = tensor([0.5, 2, 1, 3, 0.25], { dtype: "f64" });
const rowWeight = tensor([1, 0.5, 0, 2, 1, 3], [2, 3]);
const OPTIONS: Readonly<Record<string, CrossEntropyOptions>> = {
  plain: {},
  sum: { reduction: "sum" },
  weight: { weight },
  labelSmoothing: { labelSmoothing: 0.2 },
  "labelSmoothing and weight": { labelSmoothing: 0.2, weight },
  rowWeight: { rowWeight },
  logitScale: { logitScale: -1.5 },
  softcap: { softcap: 1.25 },
  "logitScale and softcap": { logitScale: 2, softcap: 3 },
  zLoss: { zLoss: 0.3 },
  normalizer: { normalizer: 7 },
  all: { weight, rowWeight, labelSmoothing: 0.1, logitScale: 0.7, softcap: 2, zLoss: 0.1, reduction: "sum" },
};

describe.each(Object.entries(OPTIONS))("crossEntropy, %s", (_name, options) => {
  test("by the logits, for class indices", async () => {
    const x = random(1, 2, 5, 3);
    const y = indices([0, 4, 2, 1, -100, 3], [2, 3]);
    const { grad } = crossEntropyWithGrad(x, y, options);
    await expectSlopes(() => crossEntropy(x, y, options), x, grad);
  });

  test("by the logits and by the target, for probabilities", async () => {
    const x = random(2, 2, 5, 3);
    const p = softmax(random(3, 2, 5, 3), { dim: 1 });
    const { grad, targetGrad } = crossEntropyWithGrad(x, p, { ...options, targetGrad: true });
    await expectSlopes(() => crossEntropy(x, p, options), x, grad);
    await expectSlopes(() => crossEntropy(x, p, options), p, targetGrad);
  });
});

test("upstream multiplies", async () => {
  const x = random(1, 4, 5);
  const y = indices([0, 4, 2, 1]);
  const each = [2, -1, 0, 0.5];
  const { grad } = crossEntropyWithGrad(x, y, { reduction: "none", upstream: tensor(each, { dtype: "f64" }) });
  const rowWeights = tensor(each, { dtype: "f64" });
  await expectSlopes(() => crossEntropy(x, y, { reduction: "sum", rowWeight: rowWeights }), x, grad);
});

test.each([0, 0.5, 1, 2, 3.5])("focalLoss, gamma %d", async (gamma) => {
  const x = random(4, 3, 5);
  const y = indices([0, 4, 2]);
  const options = { gamma, alpha: 0.25, weight };
  await expectSlopes(() => focalLoss(x, y, options), x, focalLossWithGrad(x, y, options).grad);
});

test.each(["plain", "labelSmoothing and weight", "softcap", "zLoss", "logitScale", "rowWeight"])(
  "linearCrossEntropy, %s",
  async (name) => {
    const { weight: classWeight, ...rest } = OPTIONS[name] ?? {};
    const [hidden, matrix, bias] = [random(5, 2, 3, 4), random(6, 5, 4), random(7, 5)];
    const y = indices([0, 4, 2, 1, -100, 3], [2, 3]);
    const options = { ...rest, bias, ...(classWeight && { classWeight }) };
    const loss = (): Host => linearCrossEntropy(hidden, matrix, y, options);
    const { gradHidden, gradWeight, gradBias } = linearCrossEntropyWithGrad(hidden, matrix, y, options);
    await expectSlopes(loss, hidden, gradHidden);
    await expectSlopes(loss, matrix, gradWeight);
    await expectSlopes(loss, bias, gradBias);
  },
);

test.each([
  [
    [2, 3],
    [2, 3],
  ],
  [[3], [2, 3]],
  [
    [2, 1],
    [2, 3],
  ],
  [
    [1, 1],
    [2, 3],
  ],
  [[], [2, 3]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[2, 3], [3]],
])("klDivergence, logQ %j against p %j", async (shape, other) => {
  for (const reduction of ["mean", "sum", "batchmean"] as const) {
    const [x, p] = [random(8, ...shape), softmax(random(9, ...other))];
    const target = p.cast("f64");
    const { grad } = klDivergenceWithGrad(x, target, { reduction });
    await expectSlopes(() => klDivergence(x, target, { reduction }), x, grad);
    const log = random(10, ...other);
    const twin = klDivergenceWithGrad(x, log, { reduction, logTarget: true });
    await expectSlopes(() => klDivergence(x, log, { reduction, logTarget: true }), x, twin.grad);
  }
});

test.each([
  [0, 0.25],
  [1, -1],
  [2, 0.25],
  [2.5, 0.75],
])("sigmoidFocalLoss, gamma %d, alpha %d", async (gamma, alpha) => {
  const x = random(11, 3, 4);
  const hard = tensor([0, 1, 1, 0, 0.3, 0, 1, 1, 0.9, 0, 1, 0.5], [3, 4], { dtype: "f64" });
  const options = { gamma, alpha, reduction: "mean", weight: random(12, 4) } as const;
  await expectSlopes(() => sigmoidFocalLoss(x, hard, options), x, sigmoidFocalLossWithGrad(x, hard, options).grad);
});

test("binary cross entropy and soft margin", async () => {
  const x = random(13, 3, 4);
  const y = softmax(random(14, 3, 4));
  const options = { weight: random(15, 3, 1), posWeight: random(16, 4) };
  const { grad } = binaryCrossEntropyWithLogitsWithGrad(x, y, options);
  await expectSlopes(() => binaryCrossEntropyWithLogits(x, y, options), x, grad);
  const margin = { weight: random(17, 4) };
  const twin = multilabelSoftMarginLossWithGrad(x, y, margin);
  await expectSlopes(() => multilabelSoftMarginLoss(x, y, margin), x, twin.grad);
});

test.each([[], ["hidden"], ["weight"], ["bias"], ["hidden", "bias"]] as const)(
  "gradients of a linear layer on request: %s",
  async (...gradients) => {
    const backend = cpu();
    const [hidden, matrix] = [randn([30, 20], { seed: 1, backend }), randn([50, 20], { seed: 2, backend })];
    const target = randint(0, 50, [30], { seed: 3, backend });
    const options = { bias: randn([50], { seed: 4, backend }), ignoreIndex: 3 };
    const all = linearCrossEntropyWithGrad(hidden, matrix, target, options);
    const some = linearCrossEntropyWithGrad(hidden, matrix, target, { ...options, gradients });
    const wanted: readonly string[] = gradients;
    expect(await some.loss.data()).toEqual(await all.loss.data());
    expect(await some.gradHidden?.data()).toEqual(wanted.includes("hidden") ? await all.gradHidden.data() : undefined);
    expect(await some.gradWeight?.data()).toEqual(wanted.includes("weight") ? await all.gradWeight.data() : undefined);
    expect(await some.gradBias?.data()).toEqual(wanted.includes("bias") ? await all.gradBias?.data() : undefined);
  },
);
