import { cpu, linearCrossEntropyWithGrad, tensor, zeros } from "@surprisal/core";
import { gpu } from "@surprisal/gpu";
import { wasm } from "@surprisal/wasm";
import { afterAll, describe, expect, test } from "vitest";
import { asHardware, dawnDevice, withSmallBindings } from "./dawn-device.ts";
import { distance, expectedOf, FILTERED_CASES, largest, onBackend } from "./filtered-layer.ts";

// The gradient filter of the linear layer on every backend, against its definition in f64.

const GRADIENTS = ["gradHidden", "gradWeight", "gradBias"] as const;

const small = await dawnDevice();
const MAIN = [
  { name: "cpu", backend: cpu(), digits: 1e-6 },
  { name: "wasm", backend: await wasm({ threads: 1 }), digits: 5e-6 },
  { name: "gpu", backend: await gpu(), digits: 5e-6 },
];
const threads = await wasm({ threads: 3 });
const ALL = [
  ...MAIN,
  { name: "wasm, 3 threads", backend: threads, digits: 5e-6 },
  { name: "gpu, as hardware", backend: await gpu({ adapter: await asHardware() }), digits: 5e-6 },
  { name: "gpu, small bindings", backend: await gpu({ device: withSmallBindings(small, 32_768) }), digits: 5e-6 },
];
afterAll(() => {
  for (const { backend } of ALL) backend.dispose();
  small.destroy();
});

const f32 = FILTERED_CASES.filter(({ dtype }) => dtype !== "f64");

/** Each backend with the cases that it can do. */
function withCases(backends: typeof ALL) {
  return backends.flatMap((each) =>
    (each.name.startsWith("gpu") ? f32 : FILTERED_CASES).map((filteredCase) => ({ ...each, filteredCase })),
  );
}

test("the cases leave out much and keep some, and no rounding decides", () => {
  for (const filteredCase of FILTERED_CASES) {
    const { skipped, spans, margin } = expectedOf(filteredCase);
    expect(margin, filteredCase.about).toBeGreaterThan(1e-5);
    if (spans === filteredCase.rows) continue; // each row's one span has the target
    expect(skipped / spans, filteredCase.about).toBeGreaterThan(0.1);
    expect(skipped / spans, filteredCase.about).toBeLessThan(0.9);
  }
});

test.each(withCases(ALL))("$name leaves out what the definition says: $filteredCase.about", async (each) => {
  const wanted = expectedOf(each.filteredCase);
  const got = await onBackend(each.filteredCase, each.backend);
  expect(Math.abs((got.discardedMass ?? NaN) - wanted.discardedMass)).toBeLessThanOrEqual(10 * each.digits);
  for (const name of GRADIENTS)
    expect(distance(got[name], wanted[name]), name).toBeLessThanOrEqual(each.digits * largest(wanted[name]));
});

test.each(ALL)("$name: of no rows, and of rows that are all left out, nothing is discarded", async ({ backend }) => {
  const weight = zeros([130, 3], { backend });
  for (const labels of [[], [-100, -100]]) {
    const hidden = zeros([labels.length, 3], { backend });
    const target = tensor(labels, [labels.length], { dtype: "i32", backend });
    const { discardedMass, gradWeight } = linearCrossEntropyWithGrad(hidden, weight, target, { gradientFilter: 0.5 });
    expect(await discardedMass?.item()).toBe(0);
    expect(new Set(await gradWeight.data())).toEqual(new Set([0]));
  }
});

describe.each(withCases(MAIN))("$name, $filteredCase.about", ({ backend, digits, filteredCase }) => {
  test("no gradient changes by more than the discarded mass allows, the loss by nothing; a bound of 0 is none", async () => {
    const filtered = await onBackend(filteredCase, backend);
    const whole = await onBackend(filteredCase, backend, 0);
    const { allowed } = expectedOf(filteredCase);
    for (const name of GRADIENTS) {
      const rounding = 2 * digits * largest(whole[name]);
      expect(distance(filtered[name], whole[name]), name).toBeLessThanOrEqual(allowed[name] + rounding);
    }
    expect(filtered.loss).toEqual(whole.loss);
    expect(whole).toEqual(await onBackend(filteredCase, backend, "none")); // bit for bit
    expect(whole.discardedMass).toBeUndefined();
  });
});

test.each(FILTERED_CASES)("wasm gives the same bits on any number of threads: $about", async (filteredCase) => {
  const one = await onBackend(filteredCase, MAIN[1]?.backend ?? threads);
  expect(await onBackend(filteredCase, threads)).toEqual(one);
});
