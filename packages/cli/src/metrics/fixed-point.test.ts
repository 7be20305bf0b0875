import * as fc from "fast-check";
import { expect, it } from "vitest";
import { fromFixedPoint, nearestRatio, toFixedPoint } from "./fixed-point.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

/** `-0` is 0 here: an integer has one zero. */
function unsignedZero(value: number): number {
  return value + 0;
}

it("every double is an integer of units, and comes back", () => {
  fc.assert(
    fc.property(finite, (value) => {
      expect(fromFixedPoint(toFixedPoint(value))).toBe(unsignedZero(value));
    }),
  );
  expect([Number.MIN_VALUE, 1, -Number.MAX_VALUE].map(toFixedPoint)).toEqual([
    1n,
    1n << 1074n,
    -((1n << 2098n) - (1n << 2045n)),
  ]);
});

it("adds and divides as the processor does, which rounds once", () => {
  fc.assert(
    fc.property(finite, finite, (a, b) => {
      expect(fromFixedPoint(toFixedPoint(a) + toFixedPoint(b))).toBe(unsignedZero(a + b));
      // Also by 0; but an integer's zero has no sign.
      expect(nearestRatio(toFixedPoint(a), toFixedPoint(b))).toBe(unsignedZero(a / unsignedZero(b)));
    }),
    { numRuns: 2000 },
  );
});

it("rounds into the smallest doubles once", () => {
  const size = fc.bigInt({ min: 1n, max: (1n << 53n) - 1n }); // so that the definition below is a double
  fc.assert(
    fc.property(size, fc.integer({ min: 0, max: 70 }), (numerator, bits) => {
      const units = nearestInteger(numerator, 1n << BigInt(bits));
      expect(nearestRatio(numerator, 1n << BigInt(1074 + bits))).toBe(Number(units) * Number.MIN_VALUE);
    }),
  );
});

it("divides by zero as doubles do", () => {
  expect([nearestRatio(3n, 0n), nearestRatio(-3n, 0n), nearestRatio(0n, 0n)]).toEqual([Infinity, -Infinity, NaN]);
  expect(fromFixedPoint(toFixedPoint(Number.MAX_VALUE) * 2n)).toBe(Infinity);
});

function nearestInteger(numerator: bigint, denominator: bigint): bigint {
  const twice = (2n * numerator + denominator) / (2n * denominator);
  const tie = (2n * numerator + denominator) % (2n * denominator) === 0n;
  return tie && (twice & 1n) === 1n ? twice - 1n : twice;
}
