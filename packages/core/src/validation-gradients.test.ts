import { describe, expect, test } from "vitest";
import { crossEntropyWithGrad, randn, softmax, tensor, type Tensor, zeros } from "./index.ts";

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

describe("crossEntropyWithGrad", () => {
  const grad =
    (options: object, y: Tensor = target, x: Tensor = logits) =>
    (): unknown =>
      crossEntropyWithGrad(x, y, options);
  const copy = (): Tensor => logits.cast("f32");
  const memory = copy();
  const big = randn([4, 3, 3, 3], { seed: 3 });
  const view = big.slice(3, 0, 2);
  const viewTarget = zeros([4, 3, 2], { dtype: "u8" });
  expectRules(
    [
      grad({ upstream: 2 }),
      grad({ upstream: tensor(2) }),
      grad({ upstream: zeros([4]), reduction: "none" }),
      grad({ targetGrad: true }, probabilities),
      grad({ targetGrad: false }),
      grad({ into: "logits" }, target, copy()),
      grad({ into: "logits" }, zeros([4, 3, 3], { dtype: "u8" }), big.cast("f32").permute(0, 3, 1, 2)),
      grad({}, viewTarget, view),
    ],
    [
      [
        "upstream [1] of a scalar",
        grad({ upstream: zeros([1]) }),
        "ShapeError",
        "shape",
        /loss's shape \[\]; got \[1\]/,
      ],
      [
        "upstream of the logits' shape",
        grad({ upstream: logits, reduction: "none" }),
        "ShapeError",
        "shape",
        /\[4\]; got \[4, 3\]/,
      ],
      [
        "integer upstream",
        grad({ upstream: labels(1).reshape() }),
        "DTypeError",
        "dtype",
        /upstream must be f32.*got i64/,
      ],
      ["upstream a string", grad({ upstream: "1" }), "OptionError", "option-value", /upstream/],
      [
        "targetGrad with indices",
        grad({ targetGrad: true }),
        "OptionError",
        "option-value",
        /needs target probabilities/,
      ],
      ["targetGrad 1", grad({ targetGrad: 1 }, probabilities), "OptionError", "option-value", /true or false; got 1/],
      [
        "into elsewhere",
        grad({ into: "target" }),
        "OptionError",
        "option-value",
        /into must be one of logits; got target/,
      ],
      [
        "into its own target",
        grad({ into: "logits" }, memory, memory),
        "OptionError",
        "option-value",
        /overwrite the target/,
      ],
      [
        "into a view that does not fold",
        grad({ into: "logits" }, viewTarget, view),
        "OptionError",
        "option-value",
        /not this view/,
      ],
      [
        "null",
        () => crossEntropyWithGrad(logits, target, null as unknown as object),
        "OptionError",
        "option-value",
        /must be an object; got null/,
      ],
    ],
  );
});

test.each([
  ["target-range", (x: Tensor) => crossEntropyWithGrad(x, lastOf(1000, 3), { into: "logits" })],
  ["target-range", (x: Tensor) => crossEntropyWithGrad(x, lastOf(1000, 3), { into: "logits", reduction: "sum" })],
  ["target-range", (x: Tensor) => crossEntropyWithGrad(x, lastOf(1000, -1), { into: "logits", reduction: "none" })],
  ["target-range", (x: Tensor) => crossEntropyWithGrad(x, lastOf(1000, 3))],
  ["weight-shape", (x: Tensor) => crossEntropyWithGrad(x, lastOf(1000, 2), { into: "logits", weight: zeros([4]) })],
  ["shape", (x: Tensor) => crossEntropyWithGrad(x, lastOf(1000, 2), { into: "logits", upstream: zeros([1]) })],
  [
    "empty-mean",
    (x: Tensor) => crossEntropyWithGrad(x, lastOf(1000, 0, -100), { into: "logits", onEmpty: "throw", ignoreIndex: 0 }),
  ],
] as const)("case %#: after %s the logits are as before", async (code, call) => {
  const x = randn([1000, 3], { seed: 4 });
  const before = await x.data();
  expect(() => call(x)).toThrow(expect.objectContaining({ code }));
  expect(await x.data()).toEqual(before);
  crossEntropyWithGrad(x, lastOf(1000, 2), { into: "logits" });
  expect(await x.data()).not.toEqual(before);
});

/** Zeros but for the last. */
function lastOf(size: number, last: number, other = 0): Tensor {
  return tensor(
    Array.from({ length: size }, (_, i) => (i === size - 1 ? last : other === 0 ? 0 : last)),
    { dtype: "i64" },
  );
}
