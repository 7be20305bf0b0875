import { randint, randn, softmax } from "@surprisal/core";
import { type BenchCase, geometryOf } from "./cases.ts";
import type { CaseData, Values } from "./contestant.ts";

const SEEDS = { first: 11, second: 12, target: 13 };

/** A case's inputs: normal numbers, uniform classes, probabilities that are made of normal numbers; always the same. */
export function makeData(benchCase: BenchCase): CaseData {
  return { benchCase, inputs: makeInputs(benchCase) };
}

function makeInputs(benchCase: BenchCase): Readonly<Record<string, Values>> {
  const { kind, shape, weightShape = [] } = benchCase;
  switch (kind) {
    case "cross-entropy":
      return { logits: normal(shape, SEEDS.first), target: makeTarget(benchCase) };
    case "binary":
      return { logits: normal(shape, SEEDS.first), target: chances(shape) };
    case "softmax":
      return { input: normal(shape, SEEDS.first), upstream: normal(shape, SEEDS.second) };
    case "linear":
      return {
        hidden: normal(shape, SEEDS.first),
        weight: normal(weightShape, SEEDS.second, 1 / Math.sqrt(shape[1] ?? 1)), // logits of unit variance
        target: indices(benchCase, shape.slice(0, 1)),
      };
    default:
      return kind satisfies never;
  }
}

function makeTarget(benchCase: BenchCase): Values {
  const { shape, target } = benchCase;
  if (target === "indices") return indices(benchCase, [shape[0] ?? 1, ...shape.slice(2)]);
  using scores = randn(shape, { seed: SEEDS.target });
  return { shape, values: softmax(scores, { dim: 1 }).view() as Float32Array };
}

function indices(benchCase: BenchCase, shape: readonly number[]): Values {
  const { classes } = geometryOf(benchCase);
  return { shape, values: randint(0, classes, shape, { seed: SEEDS.target, dtype: "i32" }).view() };
}

function normal(shape: readonly number[], seed: number, scale: number = 1): Values {
  const values = randn(shape, { seed }).view();
  if (scale !== 1) for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * scale;
  return { shape, values };
}

/** The logistic function of normal numbers. */
function chances(shape: readonly number[]): Values {
  const values = randn(shape, { seed: SEEDS.target }).view();
  for (let i = 0; i < values.length; i++) values[i] = 1 / (1 + Math.exp(-(values[i] as number)));
  return { shape, values };
}
