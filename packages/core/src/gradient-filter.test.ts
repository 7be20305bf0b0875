import { expect, test } from "vitest";
import { explainLinearCrossEntropy, linearCrossEntropyWithGrad, zeros } from "./index.ts";

// What the filter leaves out, on every backend: tools/gradient-filter.node.test.ts.

function small() {
  return { hidden: zeros([2, 3]), weight: zeros([200, 3]), target: zeros([2], { dtype: "i32" }) };
}

test("a bound of 1 leaves out all but what the targets are among", () => {
  const { hidden, weight, target } = small();
  const { gradWeight, discardedMass } = linearCrossEntropyWithGrad(hidden, weight, target, { gradientFilter: 1 });
  expect(gradWeight.shape).toEqual([200, 3]);
  expect(discardedMass?.view()[0]).toBeCloseTo((2 * 136) / 200, 6);
});

test("without a gradient there is nothing to filter", () => {
  const { hidden, weight, target } = small();
  const options = { gradientFilter: 0.1, gradients: [] } as const;
  expect(linearCrossEntropyWithGrad(hidden, weight, target, options).discardedMass).toBeUndefined();
});

test.each([-0.1, 1.5, Number.NaN, "0.1"])("a bound of %s is an error", (gradientFilter) => {
  const { hidden, weight, target } = small();
  const options = { gradientFilter: gradientFilter as number };
  expect(() => linearCrossEntropyWithGrad(hidden, weight, target, options)).toThrow(
    "linearCrossEntropyWithGrad: gradientFilter must be a number in [0, 1]; got",
  );
});

test("with label smoothing every class is a target: an error that says so", () => {
  const { hidden, weight, target } = small();
  const options = { gradientFilter: 0.1, labelSmoothing: 0.1 };
  expect(() => linearCrossEntropyWithGrad(hidden, weight, target, options)).toThrow(
    "gradientFilter needs labelSmoothing 0, for smoothing makes every class a target; got 0.1",
  );
});

test("explainLinearCrossEntropy says of how many classes a span is", () => {
  const { hidden, weight, target } = small();
  const filtered = { gradientFilter: 0.1, gradients: ["hidden"] } as const;
  expect(explainLinearCrossEntropy(hidden, weight, target, filtered)).toMatchObject({ filterClasses: 64 });
  expect(explainLinearCrossEntropy(hidden, weight, target, { gradientFilter: 0.1 }).filterClasses).toBeUndefined();
});
