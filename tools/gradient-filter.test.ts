import { cpu } from "@surprisal/core";
import { wasm } from "@surprisal/wasm";
import { afterAll, describe, expect, test } from "vitest";
import { distance, expectedOf, FILTERED_CASES, largest, onBackend } from "./filtered-layer.ts";

// The gradient filter of the linear layer on every backend, against its definition in f64.

const GRADIENTS = ["gradHidden", "gradWeight", "gradBias"] as const;
const BACKENDS = [
  { name: "cpu", backend: cpu(), digits: 1e-6 },
  { name: "wasm", backend: await wasm({ threads: 1 }), digits: 5e-6 },
  { name: "wasm, 3 threads", backend: await wasm({ threads: 3 }), digits: 5e-6 },
];
afterAll(() => {
  for (const { backend } of BACKENDS) backend.dispose();
});

const cases = BACKENDS.flatMap((each) => FILTERED_CASES.map((filteredCase) => ({ ...each, filteredCase })));

test("the cases leave out much and keep some, and no rounding decides", () => {
  for (const filteredCase of FILTERED_CASES) {
    const { skipped, spans, margin } = expectedOf(filteredCase);
    expect(margin, filteredCase.about).toBeGreaterThan(1e-5);
    if (spans === filteredCase.rows) continue; // each row's one span has the target
    expect(skipped / spans, filteredCase.about).toBeGreaterThan(0.1);
    expect(skipped / spans, filteredCase.about).toBeLessThan(0.9);
  }
});

describe.each(cases)("$name, $filteredCase.about", ({ backend, digits, filteredCase }) => {
  test("leaves out what the definition says", async () => {
    const wanted = expectedOf(filteredCase);
    const got = await onBackend(filteredCase, backend);
    expect(Math.abs((got.discardedMass ?? NaN) - wanted.discardedMass)).toBeLessThanOrEqual(10 * digits);
    for (const name of GRADIENTS)
      expect(distance(got[name], wanted[name]), name).toBeLessThanOrEqual(digits * largest(wanted[name]));
  });

  test("no gradient changes by more than the discarded mass allows, and the loss by nothing", async () => {
    const [filtered, whole] = await both(filteredCase.bound, 0);
    const { allowed } = expectedOf(filteredCase);
    for (const name of GRADIENTS)
      expect(distance(filtered[name], whole[name]), name).toBeLessThanOrEqual(
        allowed[name] + 2 * digits * largest(whole[name]),
      );
    expect(filtered.loss).toEqual(whole.loss);
  });

  test("a bound of 0 is none, bit for bit", async () => {
    const [zero, none] = await both(0, "none");
    expect(zero).toEqual(none);
    expect(zero.discardedMass).toBeUndefined();
  });

  async function both(first: number | "none", second: number | "none") {
    return [await onBackend(filteredCase, backend, first), await onBackend(filteredCase, backend, second)] as const;
  }
});

test.each(FILTERED_CASES)("wasm gives the same bits on any number of threads: $about", async (filteredCase) => {
  const [one, three] = await Promise.all(
    BACKENDS.filter(({ name }) => name.startsWith("wasm")).map(async ({ backend }) => onBackend(filteredCase, backend)),
  );
  expect(three).toEqual(one);
});
