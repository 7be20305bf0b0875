import { expect, it } from "vitest";
import { count, fixed, magnitude, milliseconds, shapeText, significant } from "./numbers.ts";

it("fixed digits, without a negative zero", () => {
  expect([1.41704, -0, -0.00001, -1.5, NaN, Infinity, -Infinity].map((value) => fixed(value))).toEqual([
    "1.4170",
    "0.0000",
    "0.0000",
    "-1.5000",
    "NaN",
    "Infinity",
    "-Infinity",
  ]);
});

it("significant digits", () => {
  expect([0.4878312, 1.5e-9, 12, 1234567.8, NaN].map((value) => significant(value))).toEqual([
    "0.487831",
    "1.5e-9",
    "12",
    "1234570",
    "NaN",
  ]);
});

it("sizes, counts, times and shapes", () => {
  expect([0, 5.96e-8].map(magnitude)).toEqual(["0", "6e-8"]);
  expect(count(8_388_608)).toBe("8,388,608");
  expect([0.4213, 7.34, 117.6].map(milliseconds)).toEqual(["0.42", "7.3", "118"]);
  expect(shapeText([3, 2])).toBe("[3, 2]");
});
