import { describe, expect, test } from "vitest";
import { fillIntegers, fillNormal, fillUniform, logarithm, normalQuantile } from "./distributions.ts";

const COUNT = 100_000;
// A fixed seed fails or passes for good; 4 standard errors let through all but 1 of 16,000 seeds.
const STANDARD_ERRORS = 4;

const FILLS = {
  "uniform f32": (seed: number, length: number) => filled(new Float32Array(length), (out) => fillUniform(seed, out)),
  "uniform f64": (seed: number, length: number) => filled(new Float64Array(length), (out) => fillUniform(seed, out)),
  "normal f32": (seed: number, length: number) => filled(new Float32Array(length), (out) => fillNormal(seed, out)),
  "normal f64": (seed: number, length: number) => filled(new Float64Array(length), (out) => fillNormal(seed, out)),
  integers: (seed: number, length: number) => filled(new Float64Array(length), (out) => fillIntegers(seed, -3, 7, out)),
  // one more than half of 2^53: nearly every second draw is rejected
  "integers, worst range": (seed: number, length: number) =>
    filled(new Float64Array(length), (out) => fillIntegers(seed, 0, 2 ** 52 + 1, out)),
};

function filled<T>(out: T, fill: (out: T) => void): T {
  fill(out);
  return out;
}

function average(values: ArrayLike<number>, of: (value: number, index: number) => number): number {
  return Array.from(values).reduce((sum, value, index) => sum + of(value, index), 0) / values.length;
}

function expectAverage(
  values: ArrayLike<number>,
  of: (value: number) => number,
  mean: number,
  deviation: number,
): void {
  const bound = (STANDARD_ERRORS * deviation) / Math.sqrt(values.length);
  expect(Math.abs(average(values, of) - mean)).toBeLessThan(bound);
}

describe.each(Object.entries(FILLS))("%s", (_name, fill) => {
  test("a longer array starts with the same numbers", () => {
    const long = fill(42, 64);
    for (let length = 0; length < 10; length++) expect(fill(42, length)).toEqual(long.slice(0, length));
  });

  test("every bit of the seed matters", () => {
    const seeds = [0, 1, 2 ** 31, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER];
    expect(new Set(seeds.map((seed) => fill(seed, 8).join())).size).toBe(seeds.length);
  });
});

test("first values are fixed for good, to the last bit", () => {
  expect([...FILLS["uniform f32"](42, 5)]).toEqual([
    0.6129598617553711, 0.4685865044593811, 0.07323169708251953, 0.3408614993095398, 0.9877186417579651,
  ]);
  expect([...FILLS["uniform f64"](42, 3)]).toEqual([0.6129598801477738, 0.07323173687503892, 0.9877186516453577]);
  expect([...FILLS["normal f64"](42, 3)]).toEqual([-2.324145687570204, -0.7320593649453186, -1.1316079472221738]);
  expect([...FILLS["normal f64"](Number.MAX_SAFE_INTEGER, 3)]).toEqual([
    0.9062184828024572, -0.04413104708709643, -1.7893600246055974,
  ]);
  expect([...FILLS.integers(42, 8)]).toEqual([0, 1, 2, 4, 4, 1, -3, -1]);
  expect([...FILLS["integers, worst range"](42, 3)]).toEqual([3588591575152993, 3797591473289122, 2479191853883836]);
});

test("normal f32 is normal f64 rounded", () => {
  expect(FILLS["normal f32"](3, 100)).toEqual(Float32Array.from(FILLS["normal f64"](3, 100)));
});

test.each(["uniform f32", "uniform f64"] as const)("%s: range, grid and moments", (name) => {
  const values = FILLS[name](7, COUNT);
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  const steps = name === "uniform f32" ? 2 ** 24 : 2 ** 53;
  expect(values.every((value) => Number.isInteger(value * steps))).toBe(true);
  // even central moments of the uniform: E d^2k = 1 / ((2k + 1) 4^k)
  expectAverage(values, (value) => value, 1 / 2, Math.sqrt(1 / 12));
  expectAverage(values, (value) => (value - 0.5) ** 2, 1 / 12, Math.sqrt(1 / 80 - 1 / 144));
  expectAverage(values, (value) => (value - 0.5) ** 4, 1 / 80, Math.sqrt(1 / 2304 - 1 / 6400));
});

test("normal: moments and tails", () => {
  const values = FILLS["normal f64"](7, COUNT);
  // E x^2 = 1, E x^4 = 3, E x^6 = 15, E x^8 = 105
  expectAverage(values, (value) => value, 0, 1);
  expectAverage(values, (value) => value ** 2, 1, Math.sqrt(3 - 1));
  expectAverage(values, (value) => value ** 3, 0, Math.sqrt(15));
  expectAverage(values, (value) => value ** 4, 3, Math.sqrt(105 - 9));
  for (const probability of [0.0005, 0.025, 0.1, 0.5, 0.9, 0.975, 0.9995]) {
    const below = (value: number) => (value < normalQuantile(probability) ? 1 : 0);
    expectAverage(values, below, probability, Math.sqrt(probability * (1 - probability)));
  }
});

test("neighbours, and the distributions of one seed, are uncorrelated", () => {
  const centred = [FILLS["uniform f64"], FILLS["normal f64"], FILLS.integers].map((fill) => {
    const values = fill(7, COUNT);
    const mean = average(values, (value) => value);
    const deviation = Math.sqrt(average(values, (value) => (value - mean) ** 2));
    return values.map((value) => (value - mean) / deviation);
  });
  for (const [row, left] of centred.entries()) {
    for (const [column, right] of centred.entries()) {
      const lag = row === column ? 1 : 0;
      const products = left.map((value, i) => value * (right[(i + lag) % COUNT] ?? NaN));
      expectAverage(products, (product) => product, 0, 1);
    }
  }
});

test("integers: all ten appear equally often", () => {
  const values = FILLS.integers(7, COUNT);
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3, 4, 5, 6]);
  const expected = COUNT / 10;
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  expect(chiSquare).toBeLessThan(30.67); // chi-square with 9 degrees of freedom, upper 1 in 3,000
});

test.each([
  [5, 6],
  [0, 2],
  [-(2 ** 52), 2 ** 52],
  [0, 2 ** 53 - 1],
  [Number.MIN_SAFE_INTEGER, 0],
  [0, 2 ** 52 + 1],
  [Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER],
])("integers in [%d, %d): bounds and mean", (low, high) => {
  const values = new Float64Array(10_000);
  fillIntegers(11, low, high, values);
  expect(values.every((value) => Number.isSafeInteger(value) && value >= low && value < high)).toBe(true);
  const range = high - low;
  expectAverage(values, (value) => (value - low) / range, (range - 1) / range / 2, Math.sqrt(1 / 12));
});

test("a rejected draw leaves the other elements as they are", () => {
  // With a range of 2^53 nothing is rejected; with 2^52 + 1 the accepted first draws are those below it.
  const first = filled(new Float64Array(1000), (out) => fillIntegers(3, 0, 2 ** 53, out));
  const drawn = FILLS["integers, worst range"](3, 1000);
  const same = [...drawn].filter((value, i) => value === first[i]).length;
  expect(same).toBe([...first].filter((value) => value < 2 ** 52 + 1).length);
});

// Newton's method on the normal integral in 60 digits
test.each([
  [0.5, 0],
  [0.75, 0.6744897501960817],
  [0.925, 1.4395314709384561], // the last of the centre formula
  [0.975, 1.9599639845400538],
  [0.0013498980316300946, -3],
  [1e-10, -6.361340902404056],
  [1e-12, -7.034483825301132], // beyond r = 5: the tail formula
  [1e-100, -21.273453560965326],
])("normalQuantile(%d) is %d", (probability, quantile) => {
  // PPND16 is good to about 1e-16, the evaluation adds a few roundings
  expect(Math.abs(normalQuantile(probability) - quantile)).toBeLessThanOrEqual(Math.abs(quantile) * 4 * 2 ** -53);
});

test("normalQuantile is odd about 1/2 and rises", () => {
  let previous = -Infinity;
  for (let i = 1; i < 2 ** 12; i++) {
    const value = normalQuantile(i / 2 ** 12);
    expect(value).toBeGreaterThan(previous);
    expect(value).toBe(0 - normalQuantile(1 - i / 2 ** 12));
    previous = value;
  }
  expect(normalQuantile(2 ** -53)).toBe(-normalQuantile(1 - 2 ** -53));
});

test("logarithm is within 1 ulp", () => {
  expect(logarithm(1)).toBe(0);
  expect(logarithm(2)).toBe(Math.LN2);
  expect(logarithm(10)).toBe(Math.LN10);
  const uniforms = FILLS["uniform f64"](1, 3000);
  for (const [i, uniform] of uniforms.entries()) {
    const x = (uniform + 2 ** -53) * 2 ** ((i % 200) - 100);
    // the engine's own logarithm errs by up to 1 ulp too
    expect(Math.abs(logarithm(x) - Math.log(x))).toBeLessThanOrEqual(2 * 2 ** -52 * Math.abs(Math.log(x)));
  }
});
