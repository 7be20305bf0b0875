import { expect, test } from "vitest";
import { type BenchCase, minimumBytes, PASSES, rowsOf } from "../cases.ts";
import { check } from "../check.ts";
import { makeData } from "../data.ts";
import { CONTESTANTS, REFERENCE } from "./all.ts";

const SHAPES: readonly BenchCase["shape"][] = [
  [1, 3],
  [5, 2],
  [2, 257],
  [1, 4, 3, 3, 3],
  [2, 3, 5],
  [3, 5, 2, 1],
];
const SMALL: readonly BenchCase[] = SHAPES.flatMap((shape) =>
  (["indices", "probabilities"] as const).map((target) => ({
    id: `[${shape.join(", ")}] ${target}`,
    shape,
    target,
    calls: 1,
    about: "small",
  })),
);
const others = CONTESTANTS.filter((each) => each !== REFERENCE);

test.each(SMALL)("contestants agree: $id", async (small) => {
  const data = makeData(small);
  const reference = await REFERENCE.prepare(data);
  expect(others).not.toEqual([]);
  for (const contestant of others) {
    const prepared = await contestant.prepare(data);
    for (const pass of PASSES) {
      const wanted = await reference.run(pass);
      const expected = { loss: wanted.loss, gradient: await wanted.gradient(), rows: rowsOf(small) };
      const outcome = await prepared.run(pass);
      const gradient = await outcome.gradient();
      expect(gradient?.length).toBe(pass === "gradient" ? data.logits.length : undefined);
      expect(() => check(contestant.name, outcome.loss, gradient, expected)).not.toThrow();
      outcome.release();
    }
    prepared.dispose();
  }
});

test("the reference is the formula: logits [x, 0] with class 0 give log(1 + exp(−x))", async () => {
  const logits = Float32Array.of(1.5, 0);
  const benchCase: BenchCase = { id: "two", shape: [1, 2], target: "indices", calls: 1, about: "two classes" };
  const target = { kind: "indices", shape: [1], values: Int32Array.of(0) } as const;
  const prepared = await REFERENCE.prepare({ benchCase, logits, target });
  const outcome = await prepared.run("gradient");
  const probability = 1 / (1 + Math.exp(1.5));
  expect(outcome.loss).toBeCloseTo(Math.log1p(Math.exp(-1.5)), 14);
  const gradient = await outcome.gradient();
  expect(gradient?.[0]).toBeCloseTo(-probability, 7);
  expect(gradient?.[1]).toBeCloseTo(probability, 7);
});

test("the least bytes of a pass are each input and each output once", () => {
  const indices: BenchCase = { id: "a", shape: [2, 3, 5], target: "indices", calls: 1, about: "" };
  expect(minimumBytes(indices, "forward")).toBe(30 * 4 + 10 * 8 + 4);
  expect(minimumBytes({ ...indices, target: "probabilities" }, "gradient")).toBe(30 * 4 * 3 + 4);
});
