import { expect, test } from "vitest";
import { summarize } from "./statistics.ts";

test.each([
  { values: [3], median: 3, min: 3, max: 3 },
  { values: [10, 9, 100], median: 10, min: 9, max: 100 }, // as numbers, not as text
  { values: [4, 1, 2, 8], median: 3, min: 1, max: 8 },
])("the median of $values is $median", ({ values, ...summary }) => {
  const copy = [...values];
  expect(summarize(values)).toEqual(summary);
  expect(values).toEqual(copy);
});

test("an empty list has no median", () => {
  expect(() => summarize([])).toThrow(RangeError);
});
