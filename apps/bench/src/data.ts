import { randint, randn, softmax } from "@surprisal/core";
import { type BenchCase, geometryOf } from "./cases.ts";

/** A case's inputs as plain arrays, the same memory for every contestant that can take it. */
export interface CaseData {
  readonly benchCase: BenchCase;
  readonly logits: Float32Array;
  readonly target: Target;
}

/** A class for each row, or a probability for each logit. */
export type Target =
  | { readonly kind: "indices"; readonly shape: readonly number[]; readonly values: Int32Array }
  | { readonly kind: "probabilities"; readonly shape: readonly number[]; readonly values: Float32Array };

const LOGITS_SEED = 11;
const TARGET_SEED = 12;

/** Normal logits and uniform classes, or probabilities that are the softmax of normal numbers; always the same. */
export function makeData(benchCase: BenchCase): CaseData {
  return {
    benchCase,
    logits: randn(benchCase.shape, { seed: LOGITS_SEED }).view(),
    target: makeTarget(benchCase),
  };
}

function makeTarget(benchCase: BenchCase): Target {
  const { shape, target: kind } = benchCase;
  if (kind === "indices") {
    const positions = [shape[0], ...shape.slice(2)];
    const { classes } = geometryOf(benchCase);
    return {
      kind,
      shape: positions,
      values: randint(0, classes, positions, { seed: TARGET_SEED, dtype: "i32" }).view(),
    };
  }
  using scores = randn(shape, { seed: TARGET_SEED });
  return { kind, shape, values: softmax(scores, { dim: 1 }).view() as Float32Array };
}
