import { expect, it } from "vitest";
import { type Gated, type Gates, checkGates } from "./gates.ts";

const FINE: Gated = { loss: 2, nonFinite: { nan: 0, positive: 0, negative: 0 }, firstNonFinite: undefined };
const BROKEN: Gated = {
  loss: NaN,
  nonFinite: { nan: 1, positive: 2, negative: 0 },
  firstNonFinite: { row: 7, loss: Infinity },
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
    "the loss is NaN, above --max-loss 9; 3 losses are not finite (--fail-on-nan): the first is Infinity, in row 7",
  );
});
