import type { DType } from "@surprisal/core";
import { type Input, sizeOf } from "../problem.ts";
import { normals } from "./data.ts";
import { type Family, family, sizes } from "./family.ts";
import type { Source } from "./source.ts";

const FLOATS = ["f32", "f64", "f16", "bf16"] as const;
const SHAPES = ["3x5", "", "5", "2x5x3", "7x33", "0x3", "3x0", "1x1"] as const;
const SIZES = [
  "1",
  "3",
  "4",
  "5",
  "63",
  "64",
  "65",
  "255",
  "257",
  "1000",
  "4097",
  "70001",
  "300x257",
  "5x4x3x2",
] as const;

/** Inputs of an element-wise loss. */
interface Kinds {
  readonly input: readonly [string, ...string[]];
  readonly target: readonly [string, ...string[]];
}

/** A number of a kind. */
function draw(kind: string, source: Source, i: number): number {
  const normal = 2 * source.normal();
  switch (kind) {
    case "far": // where exp over- or underflows, and beyond
      return 60 * source.normal();
    case "infinite":
      return i % 3 === 0 ? normal : i % 3 === 1 ? Infinity : -Infinity;
    case "nan":
      return i % 3 === 0 ? NaN : normal;
    case "probability":
      return source.uniform();
    case "certain": // 0 and 1, where logarithms are clamped
      return i % 3 === 0 ? source.uniform() : i % 2;
    case "nearly-certain":
      return i % 2 === 0 ? 1e-7 * source.uniform() : 1 - 2 ** -9 * source.uniform();
    case "binary":
      return source.below(2);
    case "log-probability":
      return -Math.abs(normal);
    case "log-zero":
      return i % 3 === 0 ? -Infinity : -Math.abs(normal);
    case "positive":
      return 0.25 + source.uniform();
    default:
      return normal;
  }
}

function numbers(kind: string, source: Source, shape: readonly number[], dtype: DType): Input {
  return { dtype, shape, values: source.fill(dtype, sizeOf(shape), (i) => draw(kind, source, i)) };
}

/** A weight that stretches to the shape: one per element of the last dim. */
function lastDim(shape: readonly number[]): readonly number[] {
  return shape.slice(-1);
}

/** Families of losses that have an input, a target and a reduction. */
function elementFamily(
  name: string,
  operation: string,
  kinds: Kinds,
  {
    reductions = ["mean", "sum", "none"],
    weights = ["none"],
    only = {},
  }: {
    readonly reductions?: readonly [string, ...string[]];
    /** Which of weight and posWeight it takes. */
    readonly weights?: readonly [string, ...string[]];
    /** Options of its own. */
    readonly only?: { readonly compat?: true; readonly focal?: true };
  },
): Family {
  return family({
    name,
    operation,
    path: ["reduction"],
    choices: {
      reduction: reductions,
      shape: SHAPES,
      dtype: FLOATS,
      input: kinds.input,
      target: kinds.target,
      weight: weights,
      upstream: ["one", "given"],
      gamma: only.focal === true ? [2, 0, 1, 0.5] : [0],
      alpha: only.focal === true ? [0.25, -1] : [0],
      compat: only.compat === true ? ["none", "torch"] : ["none"],
    },
    // A loss along the last dim has to have one.
    unless: (p) => operation === "multilabelSoftMarginLoss" && (p.shape === "" || p.shape.endsWith("x0")),
    problem: (p, source) => {
      const shape = sizes(p.shape);
      const lossShape = operation === "multilabelSoftMarginLoss" ? shape.slice(0, -1) : shape;
      const lossDType = p.dtype === "f64" ? "f64" : "f32";
      const weight = (which: string): Readonly<Record<string, Input>> =>
        p.weight === which || p.weight === "both"
          ? { [which]: numbers("positive", source, lastDim(shape), p.dtype) }
          : {};
      return {
        inputs: {
          input: numbers(p.input, source, shape, p.dtype),
          target: numbers(p.target, source, shape, p.dtype),
          ...weight("weight"),
          ...weight("posWeight"),
          ...(p.upstream === "given" && {
            upstream: normals(source, p.reduction === "none" ? lossShape : [], lossDType),
          }),
        },
        options: {
          reduction: p.reduction,
          ...(only.focal === true && { gamma: p.gamma, alpha: p.alpha }),
          ...(p.compat === "torch" && { compat: "torch" }),
        },
      };
    },
    sweeps: (start) => {
      const options = start
        .combine("reduction", reductions)
        .combine("weight", weights)
        .combine("gamma", only.focal === true ? [2, 0, 1, 0.5] : [0])
        .combine("alpha", only.focal === true ? [0.25, -1] : [0])
        .combine("compat", only.compat === true ? ["none", "torch"] : ["none"]);
      return [
        start
          .combine("shape", SIZES)
          .combine("reduction", reductions)
          .rotate("dtype", FLOATS)
          .rotate("upstream", ["given", "one", "given"]),
        options.combine("shape", SHAPES).rotate("dtype", FLOATS).rotate("upstream", ["one", "given", "given"]),
        options
          .combine("input", kinds.input)
          .combine("target", kinds.target)
          .rotate("dtype", ["f32", "f64", "f32", "bf16", "f16"]),
      ];
    },
  });
}

const BINARY = ["binary", "probability", "certain", "normal"] as const;

export const elementWise: readonly Family[] = [
  elementFamily(
    "binary-cross-entropy",
    "binaryCrossEntropy",
    { input: ["probability", "certain", "nearly-certain"], target: BINARY },
    { weights: ["none", "weight"], only: { compat: true } },
  ),
  elementFamily(
    "binary-cross-entropy-with-logits",
    "binaryCrossEntropyWithLogits",
    { input: ["normal", "far", "infinite", "nan"], target: BINARY },
    { weights: ["none", "weight", "posWeight", "both"], only: { compat: true } },
  ),
  elementFamily(
    "multilabel-soft-margin-loss",
    "multilabelSoftMarginLoss",
    { input: ["normal", "far", "infinite", "nan"], target: BINARY },
    { weights: ["none", "weight"], only: { compat: true } },
  ),
  elementFamily(
    "sigmoid-focal-loss",
    "sigmoidFocalLoss",
    { input: ["normal", "far", "nan"], target: ["binary", "probability", "certain"] },
    { reductions: ["none", "mean", "sum"], only: { focal: true } },
  ),
];

/** klDivergence: targets may be probabilities or their logarithms, and shapes stretch. */
export const klDivergence: Family = family({
  name: "kl-divergence",
  operation: "klDivergence",
  path: ["reduction"],
  choices: {
    reduction: ["mean", "sum", "none", "batchmean"],
    shape: SHAPES,
    dtype: FLOATS,
    input: ["log-probability", "log-zero", "normal", "nan"],
    target: ["probability", "certain", "normal", "log-probability", "log-zero"],
    logTarget: [false, true],
    stretch: ["none", "target", "input"],
    upstream: ["one", "given"],
    compat: ["none", "torch"],
  },
  unless: (p) => p.stretch !== "none" && (sizes(p.shape).length < 2 || p.shape.includes("0")),
  problem: (p, source) => {
    const shape = sizes(p.shape);
    const own = (which: string): readonly number[] => (p.stretch === which ? lastDim(shape) : shape);
    const lossDType = p.dtype === "f64" ? "f64" : "f32";
    return {
      inputs: {
        input: numbers(p.input, source, own("input"), p.dtype),
        target: numbers(p.target, source, own("target"), p.dtype),
        ...(p.upstream === "given" && { upstream: normals(source, p.reduction === "none" ? shape : [], lossDType) }),
      },
      options: {
        reduction: p.reduction,
        ...(p.logTarget && { logTarget: true }),
        ...(p.compat === "torch" && { compat: "torch" }),
      },
    };
  },
  sweeps: (start) => {
    const all = start.combine("reduction", ["mean", "sum", "none", "batchmean"]);
    return [
      start.combine("shape", SIZES).rotate("dtype", FLOATS).rotate("reduction", ["mean", "none", "sum", "batchmean"]),
      all
        .combine("shape", SHAPES)
        .combine("stretch", ["none", "target", "input"])
        .combine("logTarget", [false, true])
        .rotate("dtype", ["f32", "f64", "bf16"])
        .rotate("upstream", ["one", "given"]),
      all
        .combine("input", ["log-probability", "log-zero", "normal", "nan"])
        .combine("target", ["probability", "certain", "normal", "log-probability", "log-zero"])
        .combine("logTarget", [false, true])
        .combine("compat", ["none", "torch"])
        .rotate("dtype", ["f32", "f64", "f32", "bf16", "f16"]),
    ];
  },
});
