import { expect, test } from "vitest";
import { LINEAR_CASES } from "../cases-linear.ts";
import { WEBGPU_CASES } from "../cases-webgpu.ts";
import { type BenchCase, CASES, PASSES, trafficOf } from "../cases.ts";
import { check } from "../check/check.ts";
import { referenceOf } from "../check/reference.ts";
import type { Kind } from "../contestant.ts";
import { makeData } from "../data.ts";
import { ENTRANTS } from "./all.ts";
import { LINEAR_ENTRANTS } from "./linear.ts";
import { carefulLoop } from "./careful-loop.ts";
import { contestant as coreGpu } from "./core-gpu.ts";
import { WEBGPU_ENTRANTS } from "./webgpu.ts";

function small(kind: Kind, shape: readonly number[], target: BenchCase["target"], weightShape?: number[]): BenchCase {
  const id = `${kind} [${shape.join(", ")}] ${target}`;
  return { id, kind, shape, target, calls: 1, about: "small", ...(weightShape && { weightShape }) };
}

const SHAPES = [
  [1, 3],
  [5, 2],
  [2, 257],
  [1, 4, 3, 3, 3],
  [2, 3, 5],
  [3, 5, 2, 1],
] as const;
const SMALL: readonly BenchCase[] = [
  ...SHAPES.map((shape) => small("cross-entropy", shape, "indices")),
  ...SHAPES.map((shape) => small("cross-entropy", shape, "probabilities")),
  small("binary", [37], "probabilities"),
  small("softmax", [3, 1], "none"),
  small("softmax", [4, 65], "none"),
  small("linear", [1, 3], "indices", [2, 3]),
  small("linear", [9, 5], "indices", [40, 5]),
];

test.each(SMALL)("ours and the loop are right: $id", async (benchCase) => {
  const data = makeData(benchCase);
  const reference = await referenceOf(data);
  const present = ENTRANTS.filter(({ role }) => role !== "peer").filter((each) => "load" in each);
  expect(present.length).toBeGreaterThan(1);
  const contestants = await Promise.all(present.map(async (entrant) => entrant.load()));
  for (const contestant of [...contestants, coreGpu]) {
    if (contestant.refuses?.(benchCase) !== undefined) continue;
    const prepared = await contestant.prepare(data);
    for (const pass of PASSES) {
      const outcome = await prepared.run(pass);
      const outputs = await outcome.outputs();
      expect(check(pass, outputs, reference), `${contestant.name}, ${pass}`).toMatchObject({ is: "right" });
      expect(outcome.used).toBeCloseTo(Object.values(outputs)[0]?.[0] ?? Number.NaN, 5);
      outcome.release();
    }
    prepared.dispose();
  }
});

const steps = LINEAR_ENTRANTS.flatMap((entrant) => (entrant.role === "steps" && "load" in entrant ? [entrant] : []));

test.each(steps)("$name is right, and is called that", async ({ name, load }) => {
  const contestant = await load();
  expect(contestant.name).toBe(name);
  for (const benchCase of SMALL.filter(({ kind }) => kind === "linear")) {
    const data = makeData(benchCase);
    const reference = await referenceOf(data);
    const prepared = await contestant.prepare(data);
    for (const pass of PASSES) {
      const outcome = await prepared.run(pass);
      const outputs = await outcome.outputs();
      const error: unknown = expect.closeTo(0, 5);
      expect(check(pass, outputs, reference), `${benchCase.id}, ${pass}`).toMatchObject({ error });
      expect(outcome.used).toBe(outputs["loss"]?.[0]);
      outcome.release();
    }
    prepared.dispose();
  }
});

test("other steps are of the three backends, and compared with theirs", () => {
  expect(steps.map(({ against }) => against)).toEqual(["wasm", "cpu", "wasm", "gpu"]);
});

test("the loop refuses linear, with a reason", () => {
  expect(CASES.filter((each) => carefulLoop.refuses?.(each) !== undefined).map(({ kind }) => kind)).toEqual(["linear"]);
});

test("the loop is the formula: logits [x, 0] with class 0 give log(1 + exp(−x))", async () => {
  const benchCase = small("cross-entropy", [1, 2], "indices");
  const logits = { shape: [1, 2], values: Float32Array.of(1.5, 0) };
  const target = { shape: [1], values: Int32Array.of(0) };
  const prepared = await carefulLoop.prepare({ benchCase, inputs: { logits, target } });
  const outcome = await prepared.run("gradient");
  const probability = 1 / (1 + Math.exp(1.5));
  expect(outcome.used).toBeCloseTo(Math.log1p(Math.exp(-1.5)), 14);
  const { gradLogits } = await outcome.outputs();
  expect(gradLogits?.[0]).toBeCloseTo(-probability, 7);
  expect(gradLogits?.[1]).toBeCloseTo(probability, 7);
});

test("the least bytes of a pass are each input and each output once", () => {
  const indices = small("cross-entropy", [2, 3, 5], "indices");
  expect(trafficOf(indices, "forward")).toEqual({ read: 30 * 4 + 10 * 4, written: 4 });
  expect(trafficOf({ ...indices, target: "probabilities" }, "gradient")).toEqual({ read: 240, written: 124 });
  expect(trafficOf(small("softmax", [3, 2], "none"), "gradient")).toEqual({ read: 48, written: 48 });
  expect(trafficOf(small("linear", [2, 3], "indices", [5, 3]), "gradient")).toEqual({ read: 92, written: 88 });
});

test("names are unique, and every case has its own", () => {
  for (const entrants of [ENTRANTS, LINEAR_ENTRANTS, WEBGPU_ENTRANTS])
    expect(new Set(entrants.map(({ name }) => name)).size).toBe(entrants.length);
  const cases = new Set([...CASES, ...LINEAR_CASES, ...WEBGPU_CASES]);
  expect(new Set([...cases].map(({ id }) => id)).size).toBe(cases.size);
});
