import { type Backend, cpu, type HostBackend, type Plan } from "@surprisal/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FAMILIES } from "../cases/all.ts";
import { sizes } from "../cases/family.ts";
import { sizeOf } from "../problem.ts";
import { caseOf } from "../suite.ts";
import { arbitraryAddress } from "./arbitrary.ts";
import { familiesOf, soak } from "./soak.ts";

const SEED = 20_260_711;
/** Seconds that no soak here should need: each ends by its number of cases or by a failure, however slow the machine. */
const LONG = 50;

/** The cpu, whose gradient of class 3 is twice what it should be, in f32. */
function defective(): Backend {
  const backend: HostBackend = cpu();
  const damage = (plan: Plan): void => {
    if (plan.kind !== "cross-entropy" || plan.gradient?.dtype !== "f32" || plan.rows.classes < 4) return;
    const { buffer, offset, strides } = plan.gradient;
    const { bytes, byteOffset } = backend.view(buffer);
    const gradient = new Float32Array(bytes, byteOffset);
    const { outer, inner } = plan.rows;
    for (let row = 0; row < outer * inner; row++) {
      const at = offset + Math.floor(row / inner) * strides[0] + 3 * strides[1] + (row % inner) * strides[2];
      gradient[at] = 2 * (gradient[at] ?? NaN);
    }
  };
  return new Proxy(backend, {
    get(target, name) {
      if (name === "run") return (plans: readonly Plan[]) => (target.run(plans), plans.forEach(damage));
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

describe("addresses", () => {
  test.each(FAMILIES)("$name: each names a case that can be made", (family) => {
    fc.assert(
      fc.property(arbitraryAddress([family]), (address) => {
        const subject = caseOf(address);
        expect(subject.address).toBe(address);
        const { inputs } = subject.problem();
        for (const { shape, values } of Object.values(inputs)) expect(values).toHaveLength(sizeOf(shape));
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test("go beyond the lists: shapes, numbers, both sides of boundaries", () => {
    const [family] = familiesOf("cross-entropy");
    const drawn = fc.sample(arbitraryAddress(FAMILIES.filter((each) => each === family)), {
      seed: SEED,
      numRuns: 2000,
    });
    const parameters = drawn.map((address) => family?.parse(address) ?? {});
    const shapes = parameters.map(({ shape }) => sizes(String(shape)));
    for (const rank of [1, 2, 3, 4])
      expect(shapes.filter((shape) => shape.length === rank).length).toBeGreaterThan(100);
    for (const size of [1, 3, 4, 5, 31, 33, 63, 65, 255, 257]) expect(shapes.flat()).toContain(size);
    expect(Math.max(...shapes.map(sizeOf))).toBeLessThanOrEqual(20_000);
    expect(new Set(parameters.map(({ smoothing }) => smoothing)).size).toBeGreaterThan(50);
    expect(new Set(drawn).size).toBeGreaterThan(1900);
  });

  test("no family, no addresses", () => {
    expect(() => arbitraryAddress([])).toThrow("no family");
    expect(() => familiesOf("soft-max")).toThrow('no family\'s name starts with "soft-max"; there are cross-entropy,');
  });
});

describe("soak", () => {
  test("passes a correct backend", async () => {
    const { totals, failures, problem, seconds } = await soak({
      name: "cpu",
      create: () => cpu(),
      seconds: 1,
      seed: SEED,
    });
    expect(failures).toEqual([]);
    expect(problem).toBeUndefined();
    expect(totals.passed).toBe(totals.cases);
    expect(totals.cases).toBeGreaterThan(0);
    expect(seconds).toBeGreaterThanOrEqual(1);
  });

  test.each([1, 2, 3])("shrinks what a defective backend fails at, seed %i", async (seed) => {
    const options = { name: "defective", create: defective, address: "focal-loss", seconds: LONG, seed };
    const { totals, failures, seconds } = await soak(options);
    expect(seconds).toBeLessThan(LONG);
    expect(totals.failed).toBe(1);
    const [failure] = failures;
    // A row of four classes; every other parameter is left at its default.
    expect(failure?.address).toMatch(/^focal-loss\/mean:shape=(1x)*4(x1)*$/);
    expect(failure).toMatchObject({ stage: "interval", output: "gradLogits", wrongCount: 1 });
    expect(failure?.wrong).toMatchObject([{ index: 3, class: 3 }]);
    expect(totals.cases).toBe(totals.passed + 1);
  });

  test("the same seed draws the same cases, another one others", async () => {
    const drawn = async (seed: number): Promise<string[]> => {
      const addresses: string[] = [];
      const onCase = ({ address }: { readonly address: string }): unknown => addresses.push(address);
      await soak({ name: "cpu", create: () => cpu(), address: "softmax", seconds: LONG, cases: 10, seed, onCase });
      return addresses;
    };
    const first = await drawn(SEED);
    expect(first).toHaveLength(10);
    expect(await drawn(SEED)).toEqual(first);
    expect(await drawn(SEED + 1)).not.toEqual(first);
  });

  test("a backend that cannot be created is a problem", async () => {
    const create = (): Backend => {
      throw new Error("no adapter");
    };
    const { totals, problem } = await soak({ name: "gpu", create, seconds: 1, seed: SEED });
    expect(problem).toBe("could not start: Error: no adapter");
    expect(totals.cases).toBe(0);
  });
});
