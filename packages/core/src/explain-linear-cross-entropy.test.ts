import { describe, expect, test } from "vitest";
import { type Backend, cpu, explainLinearCrossEntropy, isHostBackend, type LinearGradient, zeros } from "./index.ts";

const [rows, classes, features, maxBytes] = [512, 16_384, 64, 4 * 2 ** 20];

function explain(gradients: readonly LinearGradient[], backend: Backend = cpu()) {
  const hidden = zeros([rows, features], { backend });
  const weight = zeros([classes, features], { backend });
  const target = zeros([rows], { dtype: "i32", backend });
  return explainLinearCrossEntropy(hidden, weight, target, { maxBytes, gradients });
}

test("says in what parts, within which memory, and what it costs", () => {
  const said = explain([]);
  expect(said).toMatchObject({ rows, classes, features, maxBytes, logitsBytes: 4 * rows * classes });
  expect(said.workingBytes).toBeLessThanOrEqual(maxBytes);
  expect(said.blockRows * said.blockClasses * said.blocks).toBeGreaterThanOrEqual(rows * classes);
  expect(said.flops).toBe(2 * rows * classes * features);
});

test("gradients cost the products that they need, on the cpu those of the logits again", () => {
  const once = 2 * rows * classes * features;
  expect(explain(["hidden"]).flops).toBe(3 * once);
  expect(explain(["hidden", "weight"]).flops).toBe(5 * once);
  expect(explain(["hidden", "weight"]).bytesMoved).toBeGreaterThan(explain(["hidden"]).bytesMoved);
});

describe("a backend that has nothing to say", () => {
  test("runs the layer as a whole", () => {
    const silent = new Proxy(cpu(), {
      get: (target, name) => (name === "explain" ? undefined : memberOf(target, name)),
    });
    expect(isHostBackend(silent)).toBe(true);
    expect(explain(["weight"], silent)).toMatchObject({ blocks: 1, blockRows: rows, blockClasses: classes });
  });
});

test("what the call would refuse, it refuses, and computes nothing", () => {
  expect(() => explainLinearCrossEntropy(zeros([2, 3]), zeros([4, 5]), zeros([2], { dtype: "i32" }))).toThrow(
    "explainLinearCrossEntropy: hidden [2, 3] and weight [4, 5] must agree",
  );
  const small = { maxBytes: 100 };
  expect(() => explainLinearCrossEntropy(zeros([2, 3]), zeros([4, 3]), zeros([2], { dtype: "i32" }), small)).toThrow(
    "maxBytes is 100; at least",
  );
});

function memberOf(target: object, name: string | symbol): unknown {
  const member: unknown = Reflect.get(target, name);
  return typeof member === "function" ? (member.bind(target) as unknown) : member;
}
