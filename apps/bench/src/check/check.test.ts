import { expect, test } from "vitest";
import { check } from "./check.ts";
import { expected, type Reference } from "./expected.ts";

const reference: Reference = {
  loss: expected(Float64Array.of(2)),
  gradLogits: expected(Float32Array.of(0.25, -0.125)),
};

function verdict(loss: number, gradLogits?: readonly number[]): ReturnType<typeof check> {
  const outputs = { loss: Float32Array.of(loss), ...(gradLogits && { gradLogits: Float32Array.from(gradLogits) }) };
  return check(gradLogits === undefined ? "forward" : "gradient", outputs, reference);
}

test("a result within 1e-6 is right, and its error is relative to the largest element", () => {
  expect(verdict(2)).toEqual({ is: "right", error: 0 });
  expect(verdict(2 + 2 ** -22)).toEqual({ is: "right", error: 2 ** -23 });
  expect(verdict(2, [0.25, -0.125 + 2 ** -24])).toEqual({ is: "right", error: 2 ** -22 });
});

test("a result within 1e-4 is approximate", () => {
  expect(verdict(2, [0.25 + 2 ** -18, -0.125])).toEqual({ is: "approximate", error: 2 ** -16 });
});

test.each([
  { wrong: "loss", found: verdict(2.001), says: "loss[0] must be 2; got 2.00" },
  { wrong: "NaN as a loss", found: verdict(Number.NaN), says: "got NaN" },
  { wrong: "gradient", found: verdict(2, [0.25, -0.126]), says: "gradLogits[1] must be -0.125" },
  { wrong: "NaN in the gradient", found: verdict(2, [Number.NaN, -0.125]), says: "gradLogits[0]" },
  { wrong: "length of the gradient", found: verdict(2, [0.25]), says: "must have 2 elements; got 1" },
  { wrong: "missing gradient", found: check("gradient", { loss: Float32Array.of(2) }, reference), says: "missing" },
  { wrong: "surplus output", found: check("forward", { losses: Float32Array.of(2) }, reference), says: "losses" },
])("a result that is farther off is wrong, with a reason: $wrong", ({ found, says }) => {
  expect(found).toEqual({ is: "wrong", reason: expect.stringContaining(says) as unknown });
});

test("an output may be known at some elements only", () => {
  const partly: Reference = {
    loss: expected(Float64Array.of(2)),
    gradHidden: { length: 4, values: Float64Array.of(1, 3), at: Int32Array.of(1, 3), scale: 3 },
  };
  const loss = Float32Array.of(2);
  expect(check("gradient", { loss, gradHidden: Float32Array.of(9, 1, 9, 3) }, partly).is).toBe("right");
  expect(check("gradient", { loss, gradHidden: Float32Array.of(1, 9, 3, 9) }, partly).is).toBe("wrong");
});
