import { expect, test } from "vitest";
import { log1pInPlace } from "./log1p.ts";

function log1p(r: number): number {
  const values = Float64Array.of(r);
  log1pInPlace(values, 0, 1);
  return values[0] as number;
}

/** Distance from one double to the next, at x. */
function ulp(x: number): number {
  return 2 ** Math.max(-1074, Math.floor(Math.log2(Math.abs(x))) - 52);
}

// 2 ULP of ours and 1 of Math.log1p (fdlibm's bound).
const APART = 3;

test("log1p stays within its error of Math.log1p from subnormals to 1e300", () => {
  let worst = 0;
  for (let k = -1000; k < 997; k++) {
    for (let i = 0; i < 64; i++) {
      const r = 2 ** k * (1 + (i + 0.37) / 64);
      const want = Math.log1p(r);
      worst = Math.max(worst, Math.abs(log1p(r) - want) / ulp(want));
    }
  }
  expect(worst).toBeLessThanOrEqual(APART);
});

test("log1p keeps its error across interval borders", () => {
  for (let i = 1; i < 128 * 8; i++) {
    for (const step of [-(2 ** -40), 0, 2 ** -40]) {
      const r = i / 128 + step;
      const want = Math.log1p(r);
      expect(Math.abs(log1p(r) - want) / ulp(want), `log1p(${r})`).toBeLessThanOrEqual(APART);
    }
  }
});

test("log1p of special values", () => {
  expect(log1p(0)).toBe(0);
  expect(log1p(NaN)).toBeNaN();
  for (const tiny of [5e-324, 1e-300, 2 ** -60]) expect(log1p(tiny)).toBe(tiny);
});

test("only the asked for part of an array changes", () => {
  const values = Float64Array.of(1, 1, 1, 1);
  log1pInPlace(values, 1, 3);
  expect([...values]).toEqual([1, log1p(1), log1p(1), 1]);
});
