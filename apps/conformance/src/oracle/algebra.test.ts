import { array, assert, constantFrom, double, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { Algebra, type Approximate, exact, FLOAT32 } from "./algebra.ts";

// The bounds hold: a formula computed in f32, one rounding at a time, is never further off than its bound says.

const algebra = new Algebra(FLOAT32);
const round = Math.fround;

/** A number on two ways: with its bound, and as f32 arithmetic has it. */
interface Both {
  readonly bound: Approximate;
  readonly f32: number;
}

function given(value: number): Both {
  return { bound: exact(round(value)), f32: round(value) };
}

const operations: Readonly<Record<string, (a: Both, b: Both) => Both>> = {
  add: (a, b) => ({ bound: algebra.add(a.bound, b.bound), f32: round(a.f32 + b.f32) }),
  subtract: (a, b) => ({ bound: algebra.subtract(a.bound, b.bound), f32: round(a.f32 - b.f32) }),
  multiply: (a, b) => ({ bound: algebra.multiply(a.bound, b.bound), f32: round(a.f32 * b.f32) }),
  divide: (a, b) => ({ bound: algebra.divide(a.bound, b.bound), f32: round(a.f32 / b.f32) }),
  exp: (a) => ({ bound: algebra.exp(a.bound), f32: round(Math.exp(a.f32)) }),
  log: (a) => ({ bound: algebra.log(a.bound), f32: round(Math.log(a.f32)) }),
  log1p: (a) => ({ bound: algebra.log1p(a.bound), f32: round(Math.log1p(a.f32)) }),
  tanh: (a) => ({ bound: algebra.tanh(a.bound), f32: round(Math.tanh(a.f32)) }),
  power: (a) => ({ bound: algebra.power(a.bound, 2.5), f32: round(a.f32 ** 2.5) }),
};

function holds({ bound, f32 }: Both): boolean {
  return Math.abs(f32 - bound.value) <= bound.error || bound.error === Infinity;
}

const number = double({ min: -60, max: 60, noNaN: true });
const names = constantFrom(...Object.keys(operations));

describe("bounds hold in f32", () => {
  test("for chains of operations", () => {
    assert(
      property(array(tuple(names, number), { minLength: 1, maxLength: 8 }), number, (steps, start) => {
        let current = given(start);
        for (const [name, operand] of steps) {
          const needsPositive = name === "log" || name === "power" || name === "log1p";
          if (needsPositive && !(current.bound.value - current.bound.error > 0)) continue;
          if (name === "divide" && round(operand) === 0) continue;
          current = operations[name]?.(current, given(operand)) ?? current;
          if (!Number.isFinite(current.f32)) return; // beyond f32
          expect([name, holds(current)]).toEqual([name, true]);
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  test("for sums, one by one", () => {
    assert(
      property(array(number, { minLength: 1, maxLength: 32 }), (terms) => {
        const f32 = terms.reduce((sum, term) => round(sum + round(term)), 0);
        expect(holds({ bound: algebra.sum(terms.map((term) => exact(round(term)))), f32 })).toBe(true);
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});

test("what is exact stays exact", () => {
  expect(algebra.subtract(exact(3), exact(3))).toEqual(exact(0));
  expect(algebra.multiply(exact(0.3), exact(1))).toEqual(exact(0.3));
  expect(algebra.exp(exact(0))).toEqual(exact(1));
  expect(algebra.log1p(exact(0))).toEqual(exact(0));
});

test("what is not finite has no error", () => {
  expect(algebra.add({ value: Infinity, error: 0 }, { value: 1, error: 0.5 })).toEqual({ value: Infinity, error: 0 });
  expect(algebra.multiply(exact(0), exact(Infinity)).value).toBeNaN();
});
