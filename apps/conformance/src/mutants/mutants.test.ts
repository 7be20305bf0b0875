import { cpu } from "@surprisal/core";
import { beforeAll, describe, expect, it } from "vitest";
import type { Case } from "../case.ts";
import { judgeCases } from "../conformance.ts";
import { watch } from "../judge/sentinels.ts";
import { laneVerdict } from "../report/verdict.ts";
import { allCases, casesAt } from "../suite.ts";
import { inFrontOf } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

/** Every case of the suite by address, and those that each defect is to be found by. */
const all = new Map<string, Case>();
const cases = new Map<string, readonly Case[]>();

beforeAll(async () => {
  for (const each of await allCases()) all.set(each.address, each);
  for (const { address } of MUTANTS) {
    const exact = all.get(address); // casesAt looks through the whole list
    cases.set(address, cases.get(address) ?? (exact === undefined ? await casesAt(address) : [exact]));
  }
});

const at = (address: string): readonly Case[] => cases.get(address) ?? [];

describe("the suite", () => {
  it("has every case that finds a defect on its list", () => {
    expect([...cases.values()].flat().filter(({ address }) => !all.has(address))).toEqual([]);
    expect([...cases.values()].filter((some) => some.length === 0)).toEqual([]);
  });

  it.each(MUTANTS)("finds $name", async ({ name, address, stages, mutate }) => {
    const report = await judgeCases(at(address), { name, create: () => mutate(cpu()) });
    const found = new Set(report.failures.map(({ stage }) => stage));
    expect(laneVerdict(report).passed).toBe(false);
    expect(stages.filter((stage) => found.has(stage))).not.toEqual([]);
  });

  it("passes the same backend without a defect", async () => {
    const some = [...new Set([...cases.values()].flat())];
    const report = await judgeCases(some, { name: "control", create: () => inFrontOf(cpu()) });
    expect(report.failures).toEqual([]);
    expect(report.totals.passed).toBe(some.length);
  });

  it("passes no backend that refuses everything", async () => {
    const refusing = inFrontOf(cpu(), { refuses: () => "not today" });
    const report = await judgeCases(at("softmax:shape=7x33;upstream=given"), {
      name: "refusing",
      create: () => refusing,
    });
    expect(report.totals).toMatchObject({ passed: 0, failed: 0, refused: 1 });
    expect(laneVerdict(report).passed).toBe(false);
  });

  it("passes no backend that cannot be made", async () => {
    const create = (): never => {
      throw new Error("no adapter");
    };
    const report = await judgeCases(at("softmax:shape=7x33;upstream=given"), { name: "absent", create });
    expect(report.problem).toContain("no adapter");
    expect(laneVerdict(report).passed).toBe(false);
  });

  it("passes no run without a case", async () => {
    const report = await judgeCases([], { name: "idle", create: () => cpu() });
    expect(laneVerdict(report).passed).toBe(false);
  });
});

describe("watch", () => {
  // Buffers are freed by the library, never by a backend: a leak is the library's, and a `free` that does nothing is unseen.
  it("counts buffers that nobody frees", async () => {
    const { backend, finish } = watch(cpu());
    const [kept, freed] = [backend.alloc(8), backend.alloc(8)];
    backend.write(kept, new Float64Array(1));
    backend.free(freed);
    expect(await finish()).toEqual({ overwritten: [], leaked: 1 });
  });
});
