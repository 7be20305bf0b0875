import { expect, it } from "vitest";
import { type Gated, type Gates, checkGates } from "./gates.ts";

const FINE: Gated = {
  loss: 2,
  rows: 9,
  zeroDivisor: undefined,
  nonFinite: { nan: 0, positive: 0, negative: 0, causes: [], rows: [] },
};
const BROKEN: Gated = {
  ...FINE,
  loss: NaN,
  nonFinite: {
    nan: 1,
    positive: 2,
    negative: 0,
    causes: [
      { cause: "target-logit-minus-infinite", count: 2 },
      { cause: "logit-nan", count: 1 },
    ],
    rows: [{ row: 7, target: 4, loss: Infinity, cause: "target-logit-minus-infinite", class: 4 }],
  },
};

it("lets through what keeps to it", () => {
  const passing: [Gated, Gates][] = [
    [FINE, {}],
    [FINE, { maxLoss: 2, failOnNan: true }],
    [BROKEN, {}],
  ];
  for (const [result, gates] of passing) expect(() => checkGates(result, gates)).not.toThrow();
});

it("fails with exit code 1 and the reasons", () => {
  expect(() => checkGates(FINE, { maxLoss: 1.5 })).toThrow(
    expect.objectContaining({ exitCode: 1, message: "the loss is 2, above --max-loss 1.5" }),
  );
  expect(() => checkGates(BROKEN, { maxLoss: 9, failOnNan: true })).toThrow(
    "the loss is NaN, above --max-loss 9; 3 losses are not finite (--fail-on-nan): the first is Infinity, in row 7: " +
      "the logit of the target is −∞, its probability 0 (class 4)",
  );
  const one = { ...BROKEN.nonFinite, nan: 0, positive: 1 };
  expect(() => checkGates({ ...BROKEN, nonFinite: one }, { failOnNan: true })).toThrow(/^1 loss is not finite/);
});

it("--fail-on-nan is about the mean too, where every row is finite", () => {
  const messages = (
    [
      { loss: NaN, zeroDivisor: "no-rows", rows: 0 },
      { loss: NaN, zeroDivisor: "no-rows", rows: 1200 },
      { loss: -Infinity, zeroDivisor: "weights" },
      { loss: Infinity },
    ] as const
  ).map((change) => {
    try {
      checkGates({ ...FINE, ...change }, { failOnNan: true });
    } catch (error) {
      return (error as Error).message;
    }
    return "none";
  });
  expect(messages).toEqual([
    "the loss is NaN (--fail-on-nan): there are no rows",
    "the loss is NaN (--fail-on-nan): all 1,200 rows are left out",
    "the loss is -Infinity (--fail-on-nan): the weights of the kept rows add up to 0",
    "the loss is Infinity (--fail-on-nan): the losses add up to more than a double holds",
  ]);
});
