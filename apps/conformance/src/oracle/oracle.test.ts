import { describe, expect, test } from "vitest";
import { slopeComplaint } from "../judge/slope.ts";
import { isPyTorchs, peerOf } from "../recorded/cases.ts";
import { recordedVectors } from "../recorded/files.ts";
import { type VectorCase, vectorProblem } from "../recorded/vectors.ts";
import { caseOf } from "../suite.ts";
import { FLOAT64 } from "./algebra.ts";
import { expectedOutputs } from "./oracle.ts";

// The oracle itself, against PyTorch's f64 results: the same NaN and infinities everywhere under `compat: "torch"`, and
// numbers within the bounds that both are subject to.

const vectors = await recordedVectors();
/** PyTorch's answers come out of its own arithmetic, some 30 operations of it, on a scale of 1 where terms cancel. */
const PYTORCH = 16 * 2 ** -52;

function differences(vector: VectorCase): string[] {
  const strict = isPyTorchs(vector);
  const expected = expectedOutputs(vectorProblem(vector, "f64", strict), FLOAT64);
  const found: string[] = [];
  for (const [name, { values }] of Object.entries(peerOf(vector, "f64", strict).outputs ?? {})) {
    if (vector.corner === "rounded-lse" && name === "gradInput") continue; // PyTorch rounds the lse on the way
    for (const [i, value] of values.entries()) {
      const own = expected[name]?.values[i] ?? NaN;
      const bound = (expected[name]?.errors[i] ?? 0) + PYTORCH * Math.max(1, Math.abs(value));
      const agrees = Number.isFinite(value) ? Math.abs(own - value) <= bound : Object.is(own, value);
      if (!agrees) found.push(`${vector.name} ${name}[${i}]: oracle ${own}, PyTorch ${value}`);
    }
  }
  return found;
}

const inF64 = vectors.filter(({ outputs, literal }) => outputs?.f64 !== undefined && literal !== true);

describe("agrees with PyTorch in f64", () => {
  test.each([...new Set(inF64.map(({ op }) => op))])("%s", (operation) => {
    const own = inF64.filter(({ op }) => op === operation);
    expect(own.length).toBeGreaterThan(0);
    expect(own.flatMap(differences)).toEqual([]);
  });
});

describe("finite differences", () => {
  const address = "cross-entropy/index/mean:shape=2x5x3;weight=ramp;smoothing=0.1;softcap=3;zLoss=0.001";

  test("agree with its gradients", () => {
    const problem = caseOf(address).problem();
    expect(slopeComplaint(problem, expectedOutputs(problem, FLOAT64))).toBeUndefined();
  });

  test.each(["gradLogits", "gradTarget"])("find a gradient that is wrong by one part in 10,000: %s", (name) => {
    const problem = caseOf(address.replace("index", "probabilities")).problem();
    const expected = expectedOutputs(problem, FLOAT64);
    const gradient = expected[name];
    if (gradient === undefined) throw new Error(`no ${name}`);
    const scaled = { ...gradient, values: gradient.values.map((value) => value * 1.0001) };
    expect(slopeComplaint(problem, { ...expected, [name]: scaled })).toContain(name);
  });
});
