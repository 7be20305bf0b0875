import { expect, test } from "vitest";
import { exp, expInPlace, expOfGaps } from "./exp.ts";

/** Distance from one double to the next, at x. */
function ulp(x: number): number {
  return 2 ** Math.max(-1074, Math.floor(Math.log2(Math.abs(x))) - 52);
}

// ours is within 1.1 ULP of e^x, Math.exp within 1 (fdlibm's bound): 2.1 apart, as differences are whole multiples 2.
const APART = 2.1;

test("exp stays within its error of Math.exp over the whole normal range", () => {
  let worst = 0;
  for (let x = -708; x < 709.7; x += 0.0137) {
    const want = Math.exp(x);
    worst = Math.max(worst, Math.abs(exp(x) - want) / ulp(want));
  }
  expect(worst).toBeLessThanOrEqual(APART);
});

test("exp keeps its error near 0, where losses of confident rows lie", () => {
  for (let k = 0; k < 60; k++) {
    for (const x of [2 ** -k, -(2 ** -k), 1.37 * 2 ** -k, -1.37 * 2 ** -k]) {
      const want = Math.exp(x);
      expect(Math.abs(exp(x) - want) / ulp(want), `exp(${x})`).toBeLessThanOrEqual(APART);
    }
  }
});

test("exp of special values", () => {
  expect(exp(-Infinity)).toBe(0);
  expect(exp(Infinity)).toBe(Infinity);
  expect(exp(NaN)).toBeNaN();
  expect(exp(0)).toBe(1);
  expect(exp(-0)).toBe(1);
  expect(exp(1e-300)).toBe(1);
  expect(exp(-5e-324)).toBe(1);
  expect(exp(710)).toBe(Infinity);
  expect(exp(1e308)).toBe(Infinity);
  expect(exp(-746)).toBe(0);
  expect(exp(-1e308)).toBe(0);
});

test("subnormal results are within one subnormal", () => {
  for (let x = -746; x < -708; x += 0.0137) {
    expect(Math.abs(exp(x) - Math.exp(x)), `exp(${x})`).toBeLessThanOrEqual(2 ** -1074);
  }
});

test("arrays get what exp gives, and no more of them than asked for", () => {
  const values = Float64Array.of(-3, 0, 2.5, 7);
  expInPlace(values, 3);
  expect([...values]).toEqual([exp(-3), 1, exp(2.5), 7]);
  const gaps = Float64Array.of(4, 5, 6);
  expOfGaps(gaps, Float64Array.of(4, 4, 4), 2);
  expect([...gaps]).toEqual([1, exp(1), 6]);
});
