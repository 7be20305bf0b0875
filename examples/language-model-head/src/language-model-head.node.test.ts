import { BackendError } from "@surprisal/core";
import { describe, expect, test } from "vitest";
import { languageModelHead } from "./language-model-head.ts";
import { complaintsOf, type Run, tableOf } from "./report.ts";

test("three backends train the same head, and it learns", { timeout: 300_000 }, async () => {
  const lines: string[] = [];
  const { runs, complaints } = await languageModelHead((line) => lines.push(line));

  expect(complaints).toEqual([]);
  expect(runs.map(({ name }) => name)).toEqual(["cpu", "wasm", "gpu"]);
  const [reference] = runs;
  for (const { losses, before, after } of runs) {
    expect(losses).toHaveLength(50);
    for (const [step, loss] of losses.entries()) {
      expect(Math.abs(loss - (reference?.losses[step] ?? Number.NaN))).toBeLessThanOrEqual(1e-4);
    }
    expect(losses[0]).toBeCloseTo(Math.log(1000), 4); // from zeros all words are equally likely
    expect(losses.at(-1)).toBeLessThan(Math.log(1000) - 1);
    expect(after).toBeLessThan(before - Math.LN2);
  }
  const text = lines.join("\n");
  for (const name of ["cpu", "wasm", "gpu"]) expect(text).toMatch(new RegExp(`^${name}: [\\d.]+ s$`, "m"));
  expect(text).toMatch(/^loss, in nats +cpu +wasm +gpu +difference$/m);
  expect(text).toMatch(/^ {2}step 1( +6\.90776){3} +\S+$/m);
  expect(text).toMatch(/^ {2}step 50( +\d\.\d{5}){3} +\S+$/m);
  expect(text).toMatch(/^ {2}before( +1000\.00){3}$/m);
});

test("a backend that cannot be had is left out, with the reason; other errors are errors", async () => {
  const lines: string[] = [];
  const none = (): never => {
    throw new BackendError("backend-unavailable", "no adapter");
  };
  const { runs, complaints } = await languageModelHead((line) => lines.push(line), { none });
  expect(runs).toEqual([]);
  expect(complaints).toEqual([expect.stringContaining("nothing to compare")]);
  expect(lines).toContain("none is left out: no adapter");
  const broken = (): never => {
    throw new TypeError("broken");
  };
  await expect(languageModelHead((line) => lines.push(line), { cpu: broken })).rejects.toThrow("broken");
});

describe("what is complained about", () => {
  const good: Run = { name: "cpu", losses: [6.9, 5.5], before: 6.9, after: 5.6, seconds: 1 };

  test("not losses that differ in their last digits", () => {
    const near = { ...good, name: "gpu", losses: [6.9, 5.50009] };
    expect(complaintsOf([good, near])).toEqual([]);
    expect(tableOf([good, near]).join("\n")).toMatch(/^largest difference of any loss: 9\.0e-5 /m);
  });

  test.each([
    ["a step's loss that differs", { losses: [6.9, 5.5002] }, "losses differ by 2.0e-4"],
    ["a loss that is NaN", { losses: [6.9, Number.NaN] }, "losses differ by NaN"],
    ["steps that are missing", { losses: [6.9] }, "losses differ by NaN"],
    ["a held-out loss that differs", { after: 5.5998 }, "losses differ by 2.0e-4"],
  ])("%s", (_, changed, message) => {
    expect(complaintsOf([good, { ...good, ...changed }])).toEqual([expect.stringMatching(message)]);
  });

  test("a head that has not learnt", () => {
    const idle = { ...good, after: 6.3 };
    const complaint = "held-out loss from 6.9 to 6.3; it must fall by 0.69";
    expect(complaintsOf([idle, { ...idle, name: "gpu" }])).toEqual([`cpu: ${complaint}`, `gpu: ${complaint}`]);
  });

  test("one backend alone", () => {
    expect(complaintsOf([good])).toEqual([expect.stringContaining("nothing to compare")]);
  });
});
