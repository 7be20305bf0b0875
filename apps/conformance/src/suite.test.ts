import { cpu } from "@surprisal/core";
import { wasm, type WasmOptions } from "@surprisal/wasm";
import { describe, expect, test } from "vitest";
import { conformance, judgeCases } from "./conformance.ts";
import { FAMILIES } from "./cases/all.ts";
import { FLOAT32, FLOAT64 } from "./oracle/algebra.ts";
import { OPERATIONS } from "./operations.ts";
import { allCases, caseOf, casesAt, sample } from "./suite.ts";

const cases = await allCases();
/** A prime, so that no family's rhythm falls in with it. */
const EVERY = 23;

const wasmOf = (options?: WasmOptions) => ({ create: async () => wasm(options), arithmetic: FLOAT32 });

test.each([
  ["the cpu backend", { create: () => cpu(), arithmetic: FLOAT64 }],
  ["the wasm backend", wasmOf()],
  ["wasm, every call in chunks", wasmOf({ threads: 2, chunk: 64 })],
  ["wasm, small calls in f32 too", wasmOf({ f64UpTo: 0 })],
])("%s passes a sample of everything", async (name, { create, arithmetic }) => {
  const report = await judgeCases(sample(cases, EVERY), { name, create, arithmetic });
  expect(report.failures).toEqual([]);
  expect(report.problem).toBeUndefined();
  expect(report.totals.passed).toBeGreaterThan(900);
  expect(report.totals.refused).toBe(0);
});

describe("the list of cases", () => {
  test("has thousands, each with an address of its own", () => {
    expect(cases.length).toBeGreaterThan(20_000);
    expect(new Set(cases.map(({ address }) => address)).size).toBe(cases.length);
  });

  test("has every operation of the library, generated", () => {
    const generated = new Set(FAMILIES.flatMap((family) => family.cases()).map(({ operation }) => operation));
    expect([...generated].toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
  });

  test("is the same whenever it is made: an address gives the same numbers", () => {
    for (const { address, problem } of sample(
      FAMILIES.flatMap((family) => family.cases()),
      211,
    )) {
      expect(caseOf(address).address).toBe(address);
      expect(caseOf(address).problem()).toEqual(problem());
    }
  });
});

describe("an address", () => {
  test("names one case", async () => {
    const address = "cross-entropy/index/mean:shape=2x5x3;weight=ramp";
    expect((await casesAt(address)).map((each) => each.address)).toEqual([address]);
  });

  test("that starts others names them all", async () => {
    const found = await casesAt("log-softmax");
    expect(found.length).toBeGreaterThan(100);
    expect(new Set(found.map(({ operation }) => operation))).toEqual(new Set(["logSoftmax"]));
  });

  test("may have a star", async () => {
    for (const { address } of await casesAt("cross-entropy/*regime=nan*compat=torch")) expect(address).toContain("nan");
  });

  test("may be one that is not on the list", async () => {
    const [found] = await casesAt("softmax:shape=2x3;seed=12345");
    expect(found?.problem().inputs["input"]?.shape).toEqual([2, 3]);
    expect(found?.problem()).not.toEqual(caseOf("softmax:shape=2x3").problem());
  });

  test.each([
    ["sotfmax:shape=2x3", "no case has the address"],
    ["softmax:shape=2y3", "shape is one of"],
    ["softmax:sahpe=2x3", 'no parameter "sahpe"'],
    ["cross-entropy/index:shape=2x3", "needs /target/reduction"],
    ["cross-entropy/index/men", "reduction is one of mean, sum, none"],
    ["cross-entropy/probabilities/mean:labels=u8", "no such combination"],
  ])("%s is refused: %s", async (address, message) => {
    await expect(casesAt(address)).rejects.toThrow(message);
  });
});

describe("a report", () => {
  test("of a backend that cannot be had says why", async () => {
    const create = (): never => {
      throw new Error("no such device");
    };
    const report = await conformance({ name: "none", create, address: "one-hot:to=f32" });
    expect(report.problem).toContain("no such device");
  });

  test("of no case at all has a problem", async () => {
    expect((await judgeCases([], { name: "cpu", create: () => cpu() })).problem).toBe("no case was run");
  });

  test("of one mode judges its outputs alone", async () => {
    const one = {
      name: "cpu",
      create: () => cpu(),
      address: "cross-entropy/index/none:shape=7x33",
      arithmetic: FLOAT64,
    };
    const numbers = async (mode: "all" | "values" | "gradients"): Promise<number> =>
      (await conformance({ ...one, mode })).totals.numbers;
    expect(await numbers("values")).toBeGreaterThan(0);
    expect((await numbers("values")) + (await numbers("gradients"))).toBe(await numbers("all"));
  });
});
