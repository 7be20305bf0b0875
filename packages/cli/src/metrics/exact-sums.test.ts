import * as fc from "fast-check";
import { expect, it } from "vitest";
import { ExactSums } from "./exact-sums.ts";
import { exactText, parseExactText } from "./exact-text.ts";
import { fromFixedPoint, toFixedPoint } from "./fixed-point.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const likeLosses = fc.double({ noNaN: true, min: 0, max: 100 });
const terms = fc.array(fc.oneof(finite, likeLosses, fc.float({ noNaN: true, noDefaultInfinity: true })), {
  maxLength: 60,
});

function sumOf(values: readonly number[]): ExactSums {
  const sums = new ExactSums();
  sums.addAll(0, Float64Array.from(values));
  return sums;
}

it("is the rounded sum of integers", () => {
  fc.assert(
    fc.property(terms, (values) => {
      const exact = values.reduce((total, value) => total + toFixedPoint(value), 0n);
      const sums = sumOf(values);
      expect(sums.exact()).toBe(exact);
      expect(sums.value()).toBe(fromFixedPoint(exact));
    }),
    { numRuns: 1000 },
  );
});

it("is the same in any order and any grouping", () => {
  fc.assert(
    fc.property(terms, terms, (first, second) => {
      const merged = sumOf(second);
      merged.merge(sumOf(first));
      merged.merge(new ExactSums());
      expect(merged.exact()).toBe(sumOf([...first, ...second].toSorted((a, b) => b - a)).exact());
    }),
  );
});

it("keeps what doubles drop", () => {
  expect(sumOf([1e300, 1, -1e300]).value()).toBe(1);
  expect(sumOf([2 ** 53, 1, 1]).value()).toBe(2 ** 53 + 2);
  expect(sumOf([Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE]).value()).toBe(Number.MAX_VALUE);
  expect(sumOf(Array.from({ length: 10 }, () => 0.1)).value()).toBe(1);
});

it("takes carries: more terms than a limb has room for", () => {
  const count = 3_000_000;
  const sums = new ExactSums(2);
  const ones = new Float64Array(count).fill(2 - 2 ** -52);
  sums.addAll(1, ones);
  sums.addAll(
    1,
    ones.map((one) => one * 2 ** 100),
  ); // above, after the room was made
  const expected = BigInt(count) * (toFixedPoint(2 - 2 ** -52) + toFixedPoint((2 - 2 ** -52) * 2 ** 100));
  expect(sums.exact(1)).toBe(expected);
  expect(sums.exact(0)).toBe(0n);
});

it("adds products with all their digits", () => {
  const factor = fc.double({ noNaN: true, min: -1e100, max: 1e100 }).filter((x) => x === 0 || Math.abs(x) > 1e-100);
  fc.assert(
    fc.property(fc.array(fc.tuple(factor, factor), { maxLength: 20 }), (pairs) => {
      const sums = new ExactSums();
      for (const [a, b] of pairs) sums.addProduct(0, a, b);
      const exact = pairs.reduce((total, [a, b]) => total + toFixedPoint(a) * toFixedPoint(b), 0n);
      expect(sums.exact() << 1074n).toBe(exact);
    }),
  );
});

it("products that overflow or underflow are what doubles give", () => {
  const sums = new ExactSums(3);
  sums.addProduct(0, 1e200, 1e200);
  sums.addProduct(1, 1e-200, 1e-200);
  sums.addProduct(2, Infinity, 0);
  expect([0, 1, 2].map((sum) => sums.value(sum))).toEqual([Infinity, 0, NaN]);
});

it("counts what is no number, and says what doubles would", () => {
  const values = [
    [1, NaN],
    [1, Infinity],
    [1, -Infinity, -Infinity],
    [Infinity, -Infinity],
  ];
  expect(values.map((each) => sumOf(each).value())).toEqual([NaN, Infinity, -Infinity, NaN]);
  expect(sumOf([1, -Infinity, NaN, -Infinity]).nonFinite()).toEqual({ nan: 1, positive: 0, negative: 2 });
});

it("keeps many sums apart", () => {
  const entries = fc.array(fc.tuple(fc.nat(4), finite), { maxLength: 40 });
  fc.assert(
    fc.property(entries, (all) => {
      const sums = new ExactSums(5);
      for (const [sum, term] of all) sums.add(sum, term);
      for (let sum = 0; sum < 5; sum++) {
        const own = all.filter(([each]) => each === sum).map(([, term]) => term);
        expect(sums.exact(sum)).toBe(sumOf(own).exact());
      }
    }),
  );
});

it("goes into text and back", () => {
  fc.assert(
    fc.property(fc.array(fc.double(), { maxLength: 20 }), (values) => {
      const sums = sumOf(values);
      const text = exactText(sums.exact(), sums.nonFinite());
      expect(parseExactText(text)).toEqual({ units: sums.exact(), nonFinite: sums.nonFinite() });
    }),
  );
  expect(exactText(toFixedPoint(-0.75), { nan: 0, positive: 0, negative: 0 })).toBe("-3p-2");
});

it("reads only text that it writes", () => {
  const others = ["", "0p1", "2p0", "01p0", "-0p0", "1p-1075", "1p9999", "1", "1p0;0;0;0", "1p0;1;2", "1p0;01;0;0"];
  expect(others.map(parseExactText)).toEqual(others.map(() => undefined));
  expect(parseExactText(`${"f".repeat(10_000)}p0`)).toBeUndefined();
});
