import { type Input, splitAt } from "../problem.ts";
import {
  classWeights,
  holds,
  IGNORES,
  labels,
  logits,
  MASSES,
  normals,
  probabilities,
  REGIMES,
  ROW_WEIGHTS,
  rowWeights,
  WEIGHTS,
} from "./data.ts";
import { type Family, family, sizes } from "./family.ts";
import { geometries, LARGE } from "./geometry.ts";
import type { Source } from "./source.ts";

const SHAPES = ["3x5", "5", "2x5x3", "7x33", "1x1", "0x3"] as const;
const FLOATS = ["f32", "f64", "f16", "bf16"] as const;

/** A loss of class indices: the parts that focalLoss and nllLoss have in common. */
function indexProblem(
  p: {
    readonly shape: string;
    readonly dtype: Input["dtype"];
    readonly regime: (typeof REGIMES)[number];
    readonly weight: (typeof WEIGHTS)[number];
    readonly ignore: (typeof IGNORES)[number];
    readonly reduction: string;
    readonly upstream: string;
  },
  source: Source,
  name: "logits" | "input",
): { readonly inputs: Readonly<Record<string, Input>>; readonly options: Readonly<Record<string, unknown>> } {
  const shape = sizes(p.shape);
  const dim = shape.length === 1 ? 0 : 1;
  const split = splitAt(shape, dim);
  const rowShape = shape.toSpliced(dim, 1);
  const drawn = labels(source, split, p.ignore);
  const own = logits(source, { shape, dtype: p.dtype, dim, regime: p.regime, labels: drawn.values });
  const lossDType = p.dtype === "f64" ? "f64" : "f32";
  const upstream = normals(source, p.reduction === "none" ? rowShape : [], lossDType);
  return {
    inputs: {
      [name]: own,
      target: { dtype: "i64", shape: rowShape, values: drawn.values },
      ...classWeights(source, split.classes, p.dtype, p.weight),
      ...(p.upstream === "given" && { upstream }),
    },
    options: {
      reduction: p.reduction,
      ...(drawn.ignoreIndex !== undefined && { ignoreIndex: drawn.ignoreIndex }),
    },
  };
}

/** nllLoss: what comes in need not be log-probabilities, and is not looked at but at the label. */
export const nllLoss: Family = family({
  name: "nll-loss",
  operation: "nllLoss",
  path: ["reduction"],
  choices: {
    reduction: ["mean", "sum", "none"],
    shape: SHAPES,
    dtype: FLOATS,
    regime: REGIMES,
    weight: WEIGHTS,
    ignore: IGNORES,
    upstream: ["one", "given"],
    compat: ["none", "torch"],
  },
  unless: (p) => !holds(p.dtype, p.regime),
  problem: (p, source) => {
    const { inputs, options } = indexProblem(p, source, "input");
    return { inputs, options: { ...options, ...(p.compat === "torch" && { compat: "torch" }) } };
  },
  sweeps: (start) => [
    start.combine("shape", geometries()).rotate("dtype", FLOATS).rotate("upstream", ["one", "given"]),
    start
      .combine("reduction", ["mean", "sum", "none"])
      .combine("regime", REGIMES)
      .combine("weight", ["none", "some-zero"])
      .combine("ignore", ["none", "some"])
      .combine("compat", ["none", "torch"])
      .rotate("dtype", FLOATS),
    start.combine("weight", WEIGHTS).combine("ignore", IGNORES).combine("shape", ["7x5", "2x5x3", "5"]),
  ],
});

/** focalLoss: gamma 0 is crossEntropy. */
export const focalLoss: Family = family({
  name: "focal-loss",
  operation: "focalLoss",
  path: ["reduction"],
  choices: {
    reduction: ["mean", "sum", "none"],
    shape: SHAPES,
    dtype: FLOATS,
    gamma: [2, 0, 0.5, 1, 5],
    alpha: [1, 0.25],
    regime: REGIMES,
    weight: WEIGHTS,
    ignore: IGNORES,
    upstream: ["one", "given"],
  },
  unless: (p) => !holds(p.dtype, p.regime),
  problem: (p, source) => {
    const { inputs, options } = indexProblem(p, source, "logits");
    return { inputs, options: { ...options, gamma: p.gamma, alpha: p.alpha } };
  },
  sweeps: (start) => [
    start.combine("shape", geometries()).rotate("dtype", FLOATS).rotate("gamma", [2, 0.5, 0]),
    start
      .combine("reduction", ["mean", "sum", "none"])
      .combine("regime", REGIMES)
      .combine("gamma", [2, 0, 0.5])
      .combine("alpha", [1, 0.25])
      .rotate("dtype", FLOATS),
    start.combine("weight", WEIGHTS).combine("ignore", IGNORES).combine("upstream", ["one", "given"]),
  ],
});

/** crossEntropyStats: what an evaluation asks of every row. */
export const stats: Family = family({
  name: "cross-entropy-stats",
  operation: "crossEntropyStats",
  path: ["target"],
  choices: {
    target: ["index", "probabilities"],
    shape: SHAPES,
    dtype: FLOATS,
    regime: REGIMES,
    weight: WEIGHTS,
    ignore: IGNORES,
    smoothing: [0, 0.1],
    rowWeight: ROW_WEIGHTS,
    masses: MASSES,
  },
  unless: (p) => !holds(p.dtype, p.regime) || (p.target === "probabilities" && p.ignore !== "none"),
  problem: (p, source) => {
    const all = { ...p, reduction: "none", upstream: "one" };
    const { inputs, options } = indexProblem(all, source, "logits");
    const shape = sizes(p.shape);
    const dim = shape.length === 1 ? 0 : 1;
    const dense = p.target === "probabilities" && { target: probabilities(source, shape, dim, p) };
    const { reduction: _none, ...rest } = options;
    return {
      inputs: { ...inputs, ...dense, ...rowWeights(source, shape.toSpliced(dim, 1), p.rowWeight) },
      options: { ...rest, ...(p.smoothing !== 0 && { labelSmoothing: p.smoothing }) },
    };
  },
  sweeps: (start) => [
    start.combine("target", ["index", "probabilities"]).combine("shape", geometries()).rotate("dtype", FLOATS),
    start.combine("shape", LARGE),
    start
      .combine("target", ["index", "probabilities"])
      .combine("regime", REGIMES)
      .combine("smoothing", [0, 0.1])
      .combine("masses", MASSES)
      .combine("ignore", IGNORES)
      .rotate("dtype", FLOATS),
    start.combine("rowWeight", ROW_WEIGHTS).combine("weight", WEIGHTS).combine("ignore", IGNORES),
  ],
});

/** perplexity */
export const perplexity: Family = family({
  name: "perplexity",
  operation: "perplexity",
  path: ["reduction"],
  choices: {
    reduction: ["mean", "none"],
    shape: SHAPES,
    dtype: FLOATS,
    regime: ["normal", "offset-1e4", "masked", "nan", "confident", "ties"],
    weight: WEIGHTS,
    ignore: IGNORES,
  },
  problem: (p, source) => indexProblem({ ...p, upstream: "one" }, source, "logits"),
  sweeps: (start) => [
    start.combine("shape", geometries()).rotate("dtype", FLOATS),
    start
      .combine("reduction", ["mean", "none"])
      .combine("regime", ["normal", "offset-1e4", "masked", "nan", "confident", "ties"])
      .combine("weight", WEIGHTS)
      .combine("ignore", IGNORES)
      .rotate("dtype", FLOATS),
  ],
});
