import { expect, test } from "vitest";
import { tensor } from "./create.ts";
import { explainLinearCrossEntropy } from "./explain-linear-cross-entropy.ts";
import { linearCrossEntropyWithGrad } from "./linear-cross-entropy.ts";
import { randn } from "./random.ts";

/** What is allocated meanwhile in f64, which is what the cpu backend computes in. */
function weighed(run: () => void): number {
  let bytes = 0;
  const Original = globalThis.Float64Array;
  globalThis.Float64Array = new Proxy(Original, {
    construct(made, given: [number]) {
      const array = new made(...given);
      bytes += array.byteLength;
      return array;
    },
  });
  try {
    run();
  } finally {
    globalThis.Float64Array = Original;
  }
  return bytes;
}

const MEBI = 2 ** 20;

test.each([
  { rows: 64, features: 16, classes: 8192, maxBytes: MEBI, keptEach: 1 }, // logits in f64: 4 MiB
  { rows: 4096, features: 512, classes: 50_257, maxBytes: undefined, keptEach: 512 }, // 1.6 GB
])("[$rows, $features] × [$classes, $features] with gradients: memory", (size) => {
  const { rows, features, classes, maxBytes = 64 * MEBI, keptEach } = size;
  const [hidden, matrix] = [randn([rows, features], { seed: 1 }), randn([classes, features], { seed: 2 })];
  const labels = Int32Array.from({ length: rows }, (_, row) => (row % keptEach === 0 ? row % classes : -100));
  const target = tensor(labels, { dtype: "i32" });
  const options = size.maxBytes === undefined ? {} : { maxBytes };
  const bytes = weighed(() => linearCrossEntropyWithGrad(hidden, matrix, target, options));
  expect(bytes).toBeGreaterThan(maxBytes / 4);
  expect(bytes).toBeLessThan(maxBytes);
  const gradients = ["hidden", "weight"] as const;
  expect(explainLinearCrossEntropy(hidden, matrix, target, { ...options, gradients })).toMatchObject({ maxBytes });
});
