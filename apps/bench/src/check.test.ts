import { expect, test } from "vitest";
import { check, WrongResultError } from "./check.ts";

const expected = { loss: 2, gradient: Float32Array.of(0.25, -0.25), rows: 4 };

test("a result within 1e-6 passes, and its errors are reported", () => {
  const errors = check("here", 2 + 1e-6, Float32Array.of(0.25, -0.25 + 2 ** -24), expected);
  expect(errors.loss).toBeCloseTo(5e-7, 9);
  expect(errors.gradient).toBe(2 ** -22);
});

test.each([
  { wrong: "loss", loss: 2.000_01, gradient: expected.gradient },
  { wrong: "NaN as a loss", loss: Number.NaN, gradient: expected.gradient },
  { wrong: "gradient", loss: 2, gradient: Float32Array.of(0.25, -0.250_01) },
  { wrong: "NaN in the gradient", loss: 2, gradient: Float32Array.of(Number.NaN, -0.25) },
  { wrong: "length of the gradient", loss: 2, gradient: Float32Array.of(0.25) },
  { wrong: "missing gradient", loss: 2, gradient: undefined },
])("a result with a wrong value is refused: $wrong", ({ loss, gradient }) => {
  expect(() => check("here", loss, gradient, expected)).toThrow(WrongResultError);
});
