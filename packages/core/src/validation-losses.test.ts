import { describe, expect, test } from "vitest";
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  binaryCrossEntropyWithLogitsWithGrad,
  entropy,
  klDivergence,
  linearCrossEntropy,
  linearCrossEntropyWithGrad,
  logSoftmax,
  logSumExp,
  logSumExpGrad,
  multilabelSoftMarginLoss,
  oneHot,
  randn,
  softmax,
  softmaxGrad,
  tensor,
  type Tensor,
  zeros,
} from "./index.ts";

// As validation.test.ts: controls that pass, and beside them calls that break one rule.

type Broken = readonly [name: string, call: () => unknown, kind: string, code: string, message: RegExp];

function expectRules(controls: readonly (() => unknown)[], rules: readonly Broken[]): void {
  test("the control cases pass", () => {
    for (const control of controls) expect(control).not.toThrow();
  });
  test.each(rules)("%s", (_name, call, name, code, words) => {
    const message: unknown = expect.stringMatching(words);
    expect(call).toThrow(expect.objectContaining({ name, code, message }));
  });
}

const labels = (...values: number[]): Tensor => tensor(values, { dtype: "i64" });
const logits = randn([4, 3], { seed: 1 });
const target = labels(0, 1, 2, -100);
const probabilities = softmax(randn([4, 3], { seed: 2 }));

describe("binary losses", () => {
  const unit = tensor([
    [0, 0.5, 1],
    [0.25, 1, 0],
  ]);
  const y = tensor([
    [0, 2, 1],
    [-1, 0.5, 0],
  ]);
  const bce =
    (p: Tensor, t: Tensor = y, options: object = {}) =>
    (): unknown =>
      binaryCrossEntropy(p, t, options);
  const withLogits = (options: object) => (): unknown => binaryCrossEntropyWithLogits(y, unit, options);
  const at = (value: number): Tensor =>
    tensor([
      [0, 0.5, 1],
      [0.25, value, 0],
    ]);
  expectRules(
    [
      bce(unit),
      bce(at(1 - 2 ** -24)),
      bce(at(2 ** -149)),
      withLogits({ weight: tensor([1, 2, 3]), posWeight: tensor([[1], [2]]) }),
    ],
    [
      ["p above 1", bce(at(1 + 2 ** -23)), "DataError", "value-range", /\[0, 1\].*element 4 is 1\.0000001/],
      ["p below 0", bce(at(-(2 ** -149))), "DataError", "value-range", /\[0, 1\].*element 4 is -1\.4/],
      ["p NaN", bce(at(NaN)), "DataError", "value-range", /element 4 is NaN/],
      [
        "p NaN in a view",
        bce(at(NaN).transpose(0, 1), y.transpose(0, 1)),
        "DataError",
        "value-range",
        /element 3 is NaN/,
      ],
      ["shapes", bce(unit, y.reshape(3, 2)), "ShapeError", "target-shape", /\[2, 3\] of probabilities; got \[3, 2\]/],
      ["no broadcast of the target", bce(unit, tensor([0, 1, 1])), "ShapeError", "target-shape", /got \[3\]/],
      [
        "integer target",
        bce(unit, zeros([2, 3], { dtype: "i64" })),
        "DTypeError",
        "dtype",
        /target must be f32.*got i64/,
      ],
      ["bool p", bce(zeros([2, 3], { dtype: "bool" })), "DTypeError", "dtype", /probabilities must be f32.*got bool/],
      [
        "weight that enlarges",
        withLogits({ weight: zeros([2, 2, 3]) }),
        "ShapeError",
        "weight-shape",
        /\[2, 3\]; got \[2, 2, 3\]/,
      ],
      [
        "posWeight of another length",
        withLogits({ posWeight: zeros([2]) }),
        "ShapeError",
        "weight-shape",
        /posWeight.*got \[2\]/,
      ],
      ["integer weight", withLogits({ weight: labels(1) }), "DTypeError", "dtype", /weight must be f32.*got i64/],
      [
        "posWeight for probabilities",
        bce(unit, y, { posWeight: unit }),
        "OptionError",
        "option-unknown",
        /"posWeight"/,
      ],
      [
        "scalar soft margin",
        () => multilabelSoftMarginLoss(zeros([]), zeros([])),
        "ShapeError",
        "rank",
        /got a scalar/,
      ],
      [
        "upstream",
        () => binaryCrossEntropyWithLogitsWithGrad(y, unit, { upstream: zeros([2, 3]) }),
        "ShapeError",
        "shape",
        /\[\]; got \[2, 3\]/,
      ],
    ],
  );
});

describe("oneHot", () => {
  const empty = zeros([0], { dtype: "i64" });
  const hot = (y: Tensor, classes?: number) => (): unknown => oneHot(y, classes === undefined ? {} : { classes });
  expectRules(
    [hot(labels(0, 2)), hot(labels(0, 2), -1), hot(labels(0, 2), 3), hot(empty, 3), hot(labels(0).reshape())],
    [
      [
        "index = classes",
        hot(labels(0, 2), 2),
        "DataError",
        "target-range",
        /index 2 at position 1 is outside \[0, 2\)/,
      ],
      ["negative index", hot(labels(0, -1), 2), "DataError", "target-range", /index -1 at position 1/],
      ["negative index, classes inferred", hot(labels(-3, -1)), "DataError", "target-range", /index -3 at position 0/],
      ["0 classes", hot(labels(0), 0), "OptionError", "option-value", /classes must be an integer ≥ 1; got 0/],
      ["−2 classes", hot(labels(0), -2), "OptionError", "option-value", /got -2/],
      ["1.5 classes", hot(labels(0), 1.5), "OptionError", "option-value", /got 1\.5/],
      ["no indices, no classes", hot(empty), "DataError", "value-range", /cannot be inferred from an empty tensor/],
      ["floats", hot(logits), "DTypeError", "target-dtype", /indices must hold class indices.*got f32/],
    ],
  );
});

describe("softmax and distributions", () => {
  expectRules(
    [
      ...[-2, -1, 0, 1].map((dim) => () => softmax(logits, { dim })),
      () => logSumExp(labels(1, 2)),
      () => softmaxGrad(logits, logits),
      () => logSumExpGrad(logits, zeros([4])),
      () => logSumExpGrad(logits, zeros([4, 1]), { keepDim: true }),
      () => entropy(probabilities, { base: 2, dim: 0 }),
      () => klDivergence(zeros([4, 3]), zeros([3])),
    ],
    [
      ["dim 2", () => softmax(logits, { dim: 2 }), "OptionError", "dim", /softmax: dim.*\[-2, 1\]; got 2/],
      ["dim −3", () => logSumExp(logits, { dim: -3 }), "OptionError", "dim", /got -3/],
      [
        "dim 0.5",
        () => logSoftmax(logits, { dim: 0.5 }),
        "OptionError",
        "option-value",
        /dim must be an integer.*0\.5/,
      ],
      ["entropy dim 2", () => entropy(logits, { dim: 2 }), "OptionError", "dim", /got 2/],
      [
        "base 10",
        () => entropy(logits, { base: 10 as 2 }),
        "OptionError",
        "option-value",
        /base must be one of e, 2; got 10/,
      ],
      ["integers", () => softmax(labels(1)), "DTypeError", "dtype", /f32, f64, f16 or bf16; got i64/],
      ["upstream's shape", () => softmaxGrad(logits, zeros([4])), "ShapeError", "shape", /\[4, 3\]; got \[4\]/],
      ["upstream kept", () => logSumExpGrad(logits, zeros([4, 1])), "ShapeError", "shape", /\[4\]; got \[4, 1\]/],
      [
        "shapes that do not broadcast",
        () => klDivergence(logits, zeros([4])),
        "ShapeError",
        "shape",
        /\[4, 3\] and \[4\]/,
      ],
      [
        "logTarget 1",
        () => klDivergence(logits, logits, { logTarget: 1 as unknown as true }),
        "OptionError",
        "option-value",
        /got 1/,
      ],
    ],
  );
});

describe("linearCrossEntropy", () => {
  const [hidden, matrix] = [randn([4, 5], { seed: 5 }), randn([3, 5], { seed: 6 })];
  const linear =
    (options: object, h: Tensor = hidden, w: Tensor = matrix, y: Tensor = target) =>
    (): unknown =>
      linearCrossEntropy(h, w, y, options);
  const least = (): number => {
    const { message } = catching(linear({ maxBytes: 1 })) as Error;
    return Number(/at least (\d+) are needed/.exec(message)?.[1]);
  };
  expectRules(
    [
      linear({ bias: zeros([3]), classWeight: zeros([3]) }),
      linear({ maxBytes: least() }),
      linear({}, hidden.reshape(2, 2, 5), matrix, target.reshape(2, 2)),
    ],
    [
      [
        "maxBytes one too small",
        linear({ maxBytes: least() - 1 }),
        "BackendError",
        "backend-refused",
        /at least \d+ are needed/,
      ],
      [
        "an unknown gradient",
        () => linearCrossEntropyWithGrad(hidden, matrix, target, { gradients: ["logits" as "hidden"] }),
        "OptionError",
        "option-value",
        /gradients must be one of hidden, weight, bias; got logits/,
      ],
      [
        "gradients that are no list",
        () => linearCrossEntropyWithGrad(hidden, matrix, target, { gradients: "hidden" as unknown as ["hidden"] }),
        "OptionError",
        "option-value",
        /gradients must be a list of "hidden", "weight", "bias"; got hidden/,
      ],
      [
        "gradients without gradients",
        linear({ gradients: [] }),
        "OptionError",
        "option-unknown",
        /unknown option "gradients"/,
      ],
      ["maxBytes 0", linear({ maxBytes: 0 }), "OptionError", "option-value", /maxBytes must be an integer ≥ 1; got 0/],
      ["scalar hidden", linear({}, zeros([])), "ShapeError", "rank", /\[…, D\].*\[V, D\]; got \[\] and \[3, 5\]/],
      ["rank-1 weight", linear({}, hidden, zeros([5])), "ShapeError", "rank", /got \[4, 5\] and \[5\]/],
      ["features", linear({}, hidden, zeros([3, 4])), "ShapeError", "shape", /\[4, 5\] and weight \[3, 4\]/],
      ["bias", linear({ bias: zeros([4]) }), "ShapeError", "shape", /bias must be \[3\]; got \[4\]/],
      [
        "classWeight",
        linear({ classWeight: zeros([4]) }),
        "ShapeError",
        "weight-shape",
        /eight must be \[3\].*got \[4\]/,
      ],
      ["weight is positional", linear({ weight: zeros([3]) }), "OptionError", "option-unknown", /"weight"/],
      ["target", linear({}, hidden, matrix, labels(0)), "ShapeError", "target-shape", /\[4\].*got \[1\]/],
      [
        "target range",
        linear({}, hidden, matrix, labels(0, 1, 2, 3)),
        "DataError",
        "target-range",
        /target 3 at row 3/,
      ],
      ["target probabilities", linear({}, hidden, matrix, zeros([4, 3])), "ShapeError", "target-shape", /got \[4, 3\]/],
      [
        "integer hidden",
        linear({}, zeros([4, 5], { dtype: "i64" })),
        "DTypeError",
        "dtype",
        /hidden must be f32.*got i64/,
      ],
      [
        "dtypes",
        linear({}, hidden, matrix.cast("f64")),
        "DTypeError",
        "dtype",
        /weight must be f32 as hidden; got f64/,
      ],
      [
        "bias dtype",
        linear({ bias: zeros([3], { dtype: "f16" }) }),
        "DTypeError",
        "dtype",
        /bias must be f32.*got f16/,
      ],
      [
        "upstream",
        () => linearCrossEntropyWithGrad(hidden, matrix, target, { upstream: zeros([4]) }),
        "ShapeError",
        "shape",
        /\[\]; got \[4\]/,
      ],
    ],
  );
});

function catching(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
