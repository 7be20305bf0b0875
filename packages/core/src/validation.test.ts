import { describe, expect, test } from "vitest";
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  crossEntropyStats,
  crossEntropyWithGrad,
  type ErrorCode,
  entropy,
  focalLoss,
  klDivergence,
  linearCrossEntropy,
  multilabelSoftMarginLoss,
  nllLoss,
  perplexity,
  randn,
  sigmoidFocalLoss,
  softmax,
  tensor,
  type Tensor,
  zeros,
} from "./index.ts";

// One rule broken at a time: each group has calls that pass, and next to them calls that differ in the one thing named.

/** The call, the code of its error, and what the message must say: what was required and what came. */
type Broken = readonly [name: string, call: () => unknown, code: ErrorCode, ...words: string[]];

const CLASSES: Readonly<Partial<Record<ErrorCode, string>>> = {
  dtype: "DTypeError",
  "target-dtype": "DTypeError",
  "weight-dtype": "DTypeError",
  "option-unknown": "OptionError",
  "option-value": "OptionError",
  dim: "OptionError",
  "target-range": "DataError",
  "value-range": "DataError",
  "backend-refused": "BackendError",
  disposed: "DisposedError",
};

function thrownBy(call: () => unknown): unknown {
  try {
    return { returned: call() };
  } catch (error) {
    return error;
  }
}

function expectRules(controls: readonly (() => unknown)[], rules: readonly Broken[]): void {
  test("the control cases pass", () => {
    for (const control of controls) expect(control).not.toThrow();
  });

  test.each(rules.map(([name, call, code, ...words]) => ({ name, call, code, words })))(
    "$name",
    ({ call, code, words }) => {
      const error = thrownBy(call);
      expect(error).toMatchObject({ name: CLASSES[code] ?? "ShapeError", code });
      for (const word of words) expect(error).toMatchObject({ message: expect.stringContaining(word) as unknown });
    },
  );
}

const logits = randn([4, 3], { seed: 1 });
const volume = randn([2, 3, 2, 2], { seed: 2 });
const labels = (...values: (number | bigint)[]): Tensor => tensor(values, { dtype: "i64" });
const target = labels(0, 1, 2, -100);
const weight = tensor([1, 2, 3]);
const probabilities = softmax(randn([4, 3], { seed: 3 }));
const disposed = zeros([4, 3]);
disposed.dispose();

describe("targets of crossEntropy", () => {
  const wide = labels(0, 1, 2, 2n ** 32n + 1n);
  const ce =
    (y: Tensor, options: object = {}) =>
    (): unknown =>
      crossEntropy(logits, y, options);
  expectRules(
    [
      ce(target),
      ce(probabilities),
      ce(labels(0, 1, 2, 2)),
      ce(labels(0, 1, 2, 255), { ignoreIndex: 255 }),
      ce(wide, { ignoreIndex: 2 ** 32 + 1 }),
      () => crossEntropy(volume, zeros([2, 2, 2], { dtype: "i64" })),
      () => crossEntropy(randn([3]), tensor(2, { dtype: "u8" })),
    ],
    [
      ["C", ce(labels(0, 1, 2, 3)), "target-range", "target 3 at row 3", "[0, 3)", "ignoreIndex (-100)"],
      ["−1", ce(labels(0, 1, -1, 2)), "target-range", "target -1 at row 2", "[0, 3)"],
      ["2^32 + 1, which is 1 in 32 bits", ce(wide), "target-range", "target 4294967297 at row 3"],
      ["−100 under another ignoreIndex", ce(target, { ignoreIndex: -1 }), "target-range", "target -100", "(-1)"],
      ["for any reduction", ce(labels(3, 0, 0, 0), { reduction: "none" }), "target-range", "target 3 at row 0"],
      ["under a normalizer", ce(labels(0, 3, 0, 0), { normalizer: 4 }), "target-range", "target 3 at row 1"],
      ["too few rows", ce(labels(0, 1, 2)), "target-shape", "[4]", "[4, 3]", "got [3]"],
      ["[N, 1]", ce(target.reshape(4, 1)), "target-shape", "got [4, 1]"],
      ["transposed", ce(probabilities.reshape(3, 4)), "target-shape", "got [3, 4]"],
      ["rank 1 for [C]", () => crossEntropy(randn([3]), labels(1)), "target-shape", "must be []", "got [1]"],
      [
        "channels last",
        () => crossEntropy(volume, zeros([2, 2, 3], { dtype: "i64" })),
        "target-shape",
        "must be [2, 2, 2]",
        "got [2, 2, 3]",
      ],
      [
        "3 at the last position of a volume",
        () => crossEntropy(volume, tensor([0, 0, 0, 0, 0, 0, 0, 3], [2, 2, 2], { dtype: "u8" })),
        "target-range",
        "row 7 (outer 1, inner 3)",
      ],
      ["float indices", ce(zeros([4])), "target-dtype", "i64, i32, i16 or u8", "got f32"],
      ["bool indices", ce(zeros([4], { dtype: "bool" })), "target-dtype", "got bool"],
      [
        "integer probabilities",
        ce(zeros([4, 3], { dtype: "i64" })),
        "target-dtype",
        "floating",
        "got i64",
        'cast("f32")',
      ],
      ["ignoreIndex ≥ 0 with probabilities", ce(probabilities, { ignoreIndex: 0 }), "option-value", "ignoreIndex 0"],
      ["disposed", ce(disposed), "disposed", "[4, 3]"],
      ["probabilities for nllLoss", () => nllLoss(logits, probabilities), "target-shape", "got [4, 3]"],
      ["probabilities for focalLoss", () => focalLoss(logits, probabilities), "target-shape", "got [4, 3]"],
    ],
  );
});

describe("logits of crossEntropy", () => {
  expectRules(
    [() => crossEntropy(logits, target), () => crossEntropy(logits.cast("f16"), target)],
    [
      ["rank 0", () => crossEntropy(zeros([]), target), "rank", "[C], [N, C]", "got a scalar"],
      ["integers", () => crossEntropy(logits.cast("i32"), target), "dtype", "f32, f64, f16 or bf16", "got i32"],
      ["disposed", () => crossEntropy(disposed, target), "disposed", "[4, 3]"],
      ["disposed by name", () => crossEntropyStats(disposed, target), "disposed", "was disposed"],
    ],
  );
});

describe("weights of crossEntropy", () => {
  const ce = (options: object) => (): unknown => crossEntropy(logits, target, options);
  const rows = tensor([1, 0, 2, 1]);
  expectRules(
    [ce({ weight }), ce({ weight: tensor([-1, 0, 5]) }), ce({ rowWeight: rows }), ce({ rowWeight: rows.cast("bool") })],
    [
      ["length", ce({ weight: rows }), "weight-shape", "[3]", "got [4]"],
      ["rank", ce({ weight: weight.reshape(1, 3) }), "weight-shape", "[3]", "got [1, 3]"],
      ["dtype", ce({ weight: weight.cast("f64") }), "weight-dtype", "f32", "got f64"],
      ["integers", ce({ weight: weight.cast("i64") }), "weight-dtype", "got i64"],
      ["disposed", ce({ weight: goneVector() }), "disposed", "[3]"],
      ["rowWeight's shape", ce({ rowWeight: weight }), "weight-shape", "[4]", "got [3]"],
      ["rowWeight of the logits' shape", ce({ rowWeight: logits }), "weight-shape", "[4]", "got [4, 3]"],
    ],
  );
});

function goneVector(): Tensor {
  const gone = zeros([3]);
  gone.dispose();
  return gone;
}

describe("options of crossEntropy", () => {
  const ce = (options: unknown) => (): unknown => crossEntropy(logits, target, options as object);
  const numeric = ["ignoreIndex", "labelSmoothing", "logitScale", "softcap", "zLoss", "normalizer"];
  expectRules(
    [
      ...[0, 0.1, 1].map((labelSmoothing) => ce({ labelSmoothing })),
      ...[-0.1, NaN].map((labelSmoothing) => ce({ labelSmoothing, compat: "torch" })),
      ...["mean", "sum", "none"].map((reduction) => ce({ reduction })),
      ...["nan", "zero", "throw"].map((onEmpty) => ce({ onEmpty })),
      ce({ ignoreIndex: -100, logitScale: -0.5, softcap: 30, zLoss: 1e-4, normalizer: 0.5, rowWeight: undefined }),
    ],
    [
      ["labelSmoothing −0.1", ce({ labelSmoothing: -0.1 }), "option-value", "labelSmoothing", "[0, 1]", "got -0.1"],
      ["labelSmoothing 1.1", ce({ labelSmoothing: 1.1 }), "option-value", "labelSmoothing", "[0, 1]", "got 1.1"],
      ["also for torch", ce({ labelSmoothing: 1.1, compat: "torch" }), "option-value", "[0, 1]", "got 1.1"],
      ["reduction", ce({ reduction: "batchmean" }), "option-value", "mean, sum, none", "got batchmean"],
      ["onEmpty", ce({ onEmpty: "ignore" }), "option-value", "nan, zero, throw", "got ignore"],
      ["compat", ce({ compat: "jax" }), "option-value", "compat", "torch", "got jax"],
      ["fractional ignoreIndex", ce({ ignoreIndex: 0.5 }), "option-value", "integer", "got 0.5"],
      ["negative softcap", ce({ softcap: -1 }), "option-value", "softcap", "got -1"],
      ["infinite logitScale", ce({ logitScale: Infinity }), "option-value", "logitScale", "got Infinity"],
      ["negative zLoss", ce({ zLoss: -1 }), "option-value", "zLoss", "got -1"],
      ["normalizer 0", ce({ normalizer: 0 }), "option-value", "normalizer", "got 0"],
      ["normalizer of a sum", ce({ normalizer: 2, reduction: "sum" }), "option-value", "normalizer", '"sum"'],
      ["a slip", ce({ labelSmothing: 0.1 }), "option-unknown", '"labelSmothing"', 'did you mean "labelSmoothing"?'],
      ["another case", ce({ zloss: 1 }), "option-unknown", '"zloss"', 'did you mean "zLoss"?'],
      ["a stranger", ce({ temperature: 2 }), "option-unknown", '"temperature"', "known: reduction, weight"],
      ["null", ce(null), "option-value", "options must be an object", "null"],
      ...numeric.map((name): Broken => [`NaN as ${name}`, ce({ [name]: NaN }), "option-value", name, "got NaN"]),
      ...numeric.map((name): Broken => [`a string as ${name}`, ce({ [name]: "1" }), "option-value", name, "got 1"]),
    ],
  );
});

describe("options by function", () => {
  const unit = tensor([0.5, 0.5]);
  const indices = tensor([0, 1], { dtype: "i64" });
  const pair = randn([2, 2], { seed: 4 });
  const calls: Readonly<Record<string, (options: object) => unknown>> = {
    binaryCrossEntropy: (o) => binaryCrossEntropy(unit, unit, o),
    binaryCrossEntropyWithLogits: (o) => binaryCrossEntropyWithLogits(unit, unit, o),
    multilabelSoftMarginLoss: (o) => multilabelSoftMarginLoss(unit, unit, o),
    sigmoidFocalLoss: (o) => sigmoidFocalLoss(unit, unit, o),
    klDivergence: (o) => klDivergence(unit, unit, o),
    entropy: (o) => entropy(unit, o),
    nllLoss: (o) => nllLoss(pair, indices, o),
    focalLoss: (o) => focalLoss(pair, indices, o),
    perplexity: (o) => perplexity(pair, indices, o),
    linearCrossEntropy: (o) => linearCrossEntropy(pair, pair, indices, o),
    crossEntropyWithGrad: (o) => crossEntropyWithGrad(pair, indices, o),
  };
  expectRules(
    Object.values(calls).flatMap((call) => ["mean", "sum", "none"].map((reduction) => () => call({ reduction }))),
    Object.entries(calls).flatMap(([name, call]): Broken[] => [
      [`${name}: reduction`, () => call({ reduction: "avg" }), "option-value", `${name}: `, "got avg"],
      [`${name}: a slip`, () => call({ reducton: "sum" }), "option-unknown", `${name}: `, 'did you mean "reduction"?'],
    ]),
  );
  expectRules(
    [
      () => sigmoidFocalLoss(unit, unit, { alpha: -1, gamma: 0 }),
      () => focalLoss(pair, indices, { gamma: 0, alpha: 2 }),
    ],
    [
      ["gamma −1", () => focalLoss(pair, indices, { gamma: -1 }), "option-value", "gamma", "got -1"],
      ["gamma NaN", () => focalLoss(pair, indices, { gamma: NaN }), "option-value", "gamma", "got NaN"],
      ["alpha NaN", () => focalLoss(pair, indices, { alpha: NaN }), "option-value", "alpha", "got NaN"],
      ["sigmoid gamma NaN", () => sigmoidFocalLoss(unit, unit, { gamma: NaN }), "option-value", "gamma", "got NaN"],
      ["sigmoid alpha NaN", () => sigmoidFocalLoss(unit, unit, { alpha: NaN }), "option-value", "alpha", "got NaN"],
      ["no smoothing here", () => nllLoss(pair, indices, { labelSmoothing: 0 } as object), "option-unknown", "known: "],
      [
        "no normalizer",
        () => crossEntropyStats(pair, indices, { normalizer: 1 } as object),
        "option-unknown",
        "crossEntropyStats",
      ],
    ],
  );
});
