import { expect, it } from "vitest";
import { rowBlock } from "../testing/rows.ts";
import { bitsPerByte, reducedLoss } from "./reduced.ts";
import { Totals, type TotalsResult } from "./totals.ts";

function totalsOf(...losses: number[]): TotalsResult {
  const totals = new Totals();
  totals.add(rowBlock(losses.map((loss) => ({ loss, weight: 2 }))));
  return totals.result();
}

it("reduces as crossEntropy does", () => {
  const totals = totalsOf(1, 2);
  expect(reducedLoss(totals, { reduction: "sum" })).toBe(3);
  expect(reducedLoss(totals, { reduction: "sum", normalizer: 3 })).toBe(3);
  expect(reducedLoss(totals, { reduction: "mean" })).toBe(0.75);
  expect(reducedLoss(totals, { reduction: "mean", normalizer: 6 })).toBe(0.5);
});

it("a mean over no row", () => {
  const none = totalsOf();
  expect(reducedLoss(none, { reduction: "mean" })).toBeNaN();
  expect(reducedLoss(none, { reduction: "mean", onEmpty: "zero" })).toBe(0);
  expect(reducedLoss(none, { reduction: "mean", onEmpty: "throw", normalizer: 2 })).toBe(0);
  expect(() => reducedLoss(none, { reduction: "mean", onEmpty: "throw" })).toThrow("over no row at all");
});

it("bits per byte", () => {
  expect(bitsPerByte(totalsOf(Math.LN2, Math.LN2), 4)).toBe(0.5);
});
