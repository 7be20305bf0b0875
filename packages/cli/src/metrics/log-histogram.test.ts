import * as fc from "fast-check";
import { expect, it } from "vitest";
import { LogHistogram } from "./log-histogram.ts";

function of(values: readonly number[], bits: number = 7): LogHistogram {
  const histogram = new LogHistogram(bits);
  for (const value of values) histogram.add(value);
  return histogram;
}

it("every value lies in its bin", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), fc.nat(8), (value, bits) => {
      const [bin] = of([value], bits).bins();
      const { from = NaN, to = NaN } = bin ?? {};
      const size = Math.abs(value);
      const [low, high] = [Math.min(Math.abs(from), Math.abs(to)), Math.max(Math.abs(from), Math.abs(to))];
      expect(size < 2 ** -64 ? low === 0 && high === 0 : size >= low && size <= high).toBe(true);
      expect(bin?.count).toBe(1);
    }),
  );
});

it("quantiles are as near as is said", () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(values, fc.constantFrom(0, 0.1, 0.5, 0.9, 0.99, 1), (all, share) => {
      const histogram = of(all);
      const sorted = all.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(share * all.length)) - 1] as number;
      const allowed = Math.abs(exact) * histogram.relativeError + 2 ** -64;
      expect(Math.abs(histogram.quantile(share) - exact)).toBeLessThanOrEqual(allowed);
    }),
  );
});

it("values that are beyond it", () => {
  const histogram = of([Infinity, NaN, 0, -0, 1e-30, -1e30, 1e25]);
  expect(histogram.count).toBe(6);
  expect(histogram.counts.nan[0]).toBe(1);
  expect(histogram.bins()).toEqual([
    { from: -Infinity, to: -(2 ** 64), count: 1 },
    { from: 0, to: 0, count: 3 },
    { from: 2 ** 64, to: Infinity, count: 2 },
  ]);
  expect(of([]).quantile(0.5)).toBeNaN();
  expect([histogram.quantile(0), histogram.quantile(0.5), histogram.quantile(1)]).toEqual([-Infinity, 0, Infinity]);
});
