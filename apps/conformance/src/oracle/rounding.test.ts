import { tensor } from "@surprisal/core";
import { describe, expect, test } from "vitest";
import { roundTo, ulp } from "./rounding.ts";

describe("roundTo", () => {
  const numbers = [
    0,
    -0,
    1,
    -1.5,
    1 / 3,
    65504,
    65519.99,
    65520,
    1e-8,
    6e-8,
    2.98e-8,
    3e38,
    3.4e38,
    1e-40,
    1.00390625,
    257,
    NaN,
    Infinity,
  ];

  test.each(["f32", "f16", "bf16"] as const)("is what a %s tensor holds", async (dtype) => {
    const held = Array.from(await tensor(Float64Array.from(numbers), [numbers.length], { dtype }).data());
    expect(numbers.map((value) => roundTo(dtype, value))).toEqual(held);
  });

  test("takes halves to the even side", () => {
    expect([257, 259].map((value) => roundTo("bf16", value))).toEqual([256, 260]);
    expect([2049, 2051].map((value) => roundTo("f16", value))).toEqual([2048, 2052]);
  });
});

test("ulp is the distance to the next number, also at powers of two and below the smallest normal one", () => {
  expect(ulp("f32", 1)).toBe(2 ** -23);
  expect(ulp("f32", 1 - 2 ** -24)).toBe(2 ** -24);
  expect(ulp("f32", 1e-45)).toBe(2 ** -149);
  expect(ulp("f64", 0)).toBe(2 ** -1074);
  expect(ulp("f16", 1)).toBe(2 ** -10);
  expect(ulp("bf16", 256)).toBe(2);
  expect(ulp("i64", 12)).toBe(1);
});
