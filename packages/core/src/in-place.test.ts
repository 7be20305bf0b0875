import { expect, test } from "vitest";
import { crossEntropyWithGrad, OptionError, randn, tensor, zeros } from "./index.ts";

// The gradient written over the logits must not be read back as another input of the same call.

const target = zeros([6], { dtype: "i64" });

test.each(["rowWeight", "upstream"] as const)("a %s inside the logits' memory is refused, beside it is not", (name) => {
  const memory = new Float32Array(18).fill(1);
  const logits = tensor(memory.subarray(0, 12), [6, 2]);
  const inside = tensor(memory.subarray(6, 12), [6]);
  const beside = tensor(memory.subarray(12), [6]);
  const call = (input: typeof inside): unknown =>
    crossEntropyWithGrad(logits, target, { reduction: "none", into: "logits", [name]: input });
  expect(() => call(inside)).toThrow(OptionError);
  expect(memory).toEqual(new Float32Array(18).fill(1));
  expect(() => call(beside)).not.toThrow();
});

test("two tensors over one array are seen to share it", () => {
  const memory = new Float32Array(4).fill(0.5);
  const logits = tensor(memory, [2, 2]);
  expect(() => crossEntropyWithGrad(logits, tensor(memory, [2, 2]), { into: "logits" })).toThrow("shares");
  expect(() => crossEntropyWithGrad(logits, tensor([0.5, 0.5, 0.5, 0.5], [2, 2]), { into: "logits" })).not.toThrow();
});

test.each([[0, 1], null, "x", undefined])("what is not a tensor is named: %s", (bad) => {
  const logits = randn([2, 2]);
  expect(() => crossEntropyWithGrad(logits, bad as never)).toThrow(OptionError);
  expect(() => crossEntropyWithGrad(bad as never, target)).toThrow(OptionError);
});
