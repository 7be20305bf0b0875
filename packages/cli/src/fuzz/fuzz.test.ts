import { describe, expect, it } from "vitest";
import { execute, fuzz, warmUp } from "./fuzz.ts";
import { FUZZ_TARGETS, type FuzzTarget, seedBytes } from "./targets.ts";

describe.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))("%s", (_name, target) => {
  it("has seeds of which one at least is read", async () => {
    await warmUp(target);
    const outcomes: string[] = [];
    for (const seed of target.seeds) outcomes.push(await execute(target, seedBytes(seed)));
    expect(outcomes).toContain("accepted");
  });

  it("takes changed files as it should", async () => {
    const { failure, accepted, blocks } = await fuzz(target, { executions: 10_000, seed: 20 });
    expect(failure).toBeUndefined();
    expect(accepted).toBeGreaterThan(0);
    expect(blocks).toBeGreaterThan(20);
  });
});

it("finds what is wrong: an error of another type", async () => {
  const { name, ...rest } = FUZZ_TARGETS[0] as FuzzTarget;
  const broken = {
    ...rest,
    name,
    get wish(): undefined {
      throw new TypeError("a mistake");
    },
  } satisfies FuzzTarget;
  const { failure } = await fuzz(broken, { executions: 10, seed: 1 });
  expect(failure?.problem).toBe("FormatError required; it throws TypeError: a mistake");
});
