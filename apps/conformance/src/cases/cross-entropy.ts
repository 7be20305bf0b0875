import type { Input, Layout } from "../problem.ts";
import { sizeOf, splitAt } from "../problem.ts";
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

/** The most classes that labels of a dtype can name, `ignoreIndex` 253 among them. */
const LARGEST = { i64: Infinity, i32: 2 ** 31, i16: 2 ** 15, u8: 253 } as const;

const LAYOUTS: readonly [Layout, ...Layout[]] = ["dense", "permuted", "sliced", "offset"];

/** crossEntropy and crossEntropyWithGrad. */
export const crossEntropy: Family = family({
  name: "cross-entropy",
  operation: "crossEntropy",
  path: ["target", "reduction"],
  choices: {
    target: ["index", "probabilities"],
    reduction: ["mean", "sum", "none"],
    shape: ["3x5", "5", "2x5x3", "7x33", "1x1", "4x2x2x2", "0x3", "3x17x5", "2x65"],
    dtype: ["f32", "f64", "f16", "bf16"],
    regime: REGIMES,
    weight: WEIGHTS,
    ignore: IGNORES,
    smoothing: [0, 0.1, 1],
    rowWeight: ROW_WEIGHTS,
    softcap: [0, 3, 30],
    zLoss: [0, 1e-3],
    scale: [1, 0.5, -2],
    upstream: ["one", "given"],
    normalizer: [0, 7],
    onEmpty: ["nan", "zero", "throw"],
    masses: MASSES,
    labels: ["i64", "i32", "i16", "u8"],
    layout: LAYOUTS,
    into: ["new", "logits"],
    compat: ["none", "torch"],
  },
  unless: (p) => {
    const { classes } = splitAt(sizes(p.shape), sizes(p.shape).length === 1 ? 0 : 1);
    const index = p.target === "index";
    const extended = p.rowWeight !== "none" || p.softcap !== 0 || p.zLoss !== 0 || p.scale !== 1 || p.normalizer !== 0;
    return (
      !holds(p.dtype, p.regime) ||
      (p.normalizer !== 0 && p.reduction !== "mean") ||
      (!index && (p.ignore !== "none" || p.labels !== "i64")) ||
      (index && (p.masses !== "distribution" || classes === 0)) ||
      (p.labels === "u8" && (p.ignore === "some" || p.ignore === "all")) || // u8 has no −100
      classes > LARGEST[p.labels] ||
      (p.into === "logits" && (p.layout === "sliced" || (p.layout === "permuted" && sizes(p.shape).length > 3))) ||
      (p.onEmpty === "throw" && (p.ignore === "in-range" || p.rowWeight !== "none")) || // any row left? not known here
      (p.compat === "torch" && extended) // PyTorch has no such option to be compatible with
    );
  },
  refuses: (p) =>
    p.onEmpty === "throw" &&
    p.reduction === "mean" &&
    p.normalizer === 0 &&
    (p.ignore === "all" || sizeOf(sizes(p.shape)) === 0),
  problem: (p, source) => {
    const shape = sizes(p.shape);
    const dim = shape.length === 1 ? 0 : 1;
    const split = splitAt(shape, dim);
    const rowShape = shape.toSpliced(dim, 1);
    const index = p.target === "index";
    const drawn = labels(source, split, p.ignore);
    const target: Input = index
      ? { dtype: p.labels, shape: rowShape, values: drawn.values }
      : probabilities(source, shape, dim, { dtype: p.dtype, masses: p.masses });
    const own = logits(source, { shape, dtype: p.dtype, dim, regime: p.regime, labels: drawn.values });
    const lossShape = p.reduction === "none" ? rowShape : [];
    const lossDType = p.dtype === "f64" ? "f64" : "f32";
    return {
      inputs: {
        logits: { ...own, layout: p.layout },
        target: { ...target, layout: p.layout },
        ...classWeights(source, split.classes, p.dtype, p.weight),
        ...rowWeights(source, rowShape, p.rowWeight),
        ...(p.upstream === "given" && { upstream: normals(source, lossShape, lossDType) }),
      },
      options: {
        reduction: p.reduction,
        ...(index && drawn.ignoreIndex !== undefined && { ignoreIndex: drawn.ignoreIndex }),
        ...(p.smoothing !== 0 && { labelSmoothing: p.smoothing }),
        ...(p.softcap !== 0 && { softcap: p.softcap }),
        ...(p.zLoss !== 0 && { zLoss: p.zLoss }),
        ...(p.scale !== 1 && { logitScale: p.scale }),
        ...(p.normalizer !== 0 && { normalizer: p.normalizer }),
        ...(p.onEmpty !== "nan" && { onEmpty: p.onEmpty }),
        ...(p.into === "logits" && { into: "logits" }),
        ...(p.compat === "torch" && { compat: "torch" }),
      },
    };
  },
  sweeps: (start) => {
    const both = start.combine("target", ["index", "probabilities"]);
    const all = both.combine("reduction", ["mean", "sum", "none"]);
    return [
      // Every number of classes and of positions, in every dtype; reductions in turn.
      both
        .combine("shape", geometries())
        .combine("dtype", ["f32", "f64", "f16", "bf16"])
        .rotate("reduction", ["mean", "none", "sum"])
        .rotate("upstream", ["one", "given", "given", "one", "given"]),
      both
        .combine("shape", LARGE)
        .rotate("dtype", ["f32", "f64", "bf16", "f32", "f16"])
        .rotate("reduction", ["mean", "sum", "none", "mean"]),
      // Few long rows, which several workgroups or threads may share, crossed with what makes them extraordinary.
      both
        .combine("shape", ["2x4100", "1x9001"])
        .combine("regime", REGIMES)
        .combine("smoothing", [0, 0.1])
        .rotate("into", ["new", "logits", "logits"])
        .rotate("dtype", ["f32", "f32", "bf16", "f32", "f64"])
        .rotate("reduction", ["mean", "none"])
        .rotate("zLoss", [0, 0, 1e-3])
        .rotate("softcap", [0, 0, 0, 3])
        .rotate("weight", ["none", "ramp", "some-zero", "none", "none"])
        .rotate("layout", LAYOUTS),
      // Options of PyTorch, crossed.
      all
        .combine("weight", ["none", "ramp"])
        .combine("ignore", IGNORES)
        .combine("smoothing", [0, 0.1, 1])
        .combine("shape", ["7x5", "2x5x3"])
        .combine("compat", ["none", "torch"])
        .rotate("dtype", ["f32", "f64", "f32"]),
      // Kinds of logits, crossed with what changes their meaning.
      all
        .combine("regime", REGIMES)
        .combine("shape", ["7x33", "3x5x4"])
        .combine("smoothing", [0, 0.1])
        .combine("compat", ["none", "torch"])
        .rotate("dtype", ["f32", "f64", "f32", "bf16", "f16"]),
      both
        .combine("regime", REGIMES)
        .combine("weight", WEIGHTS)
        .combine("smoothing", [0, 0.1, 1])
        .combine("compat", ["none", "torch"])
        .combine("masses", MASSES)
        .rotate("dtype", ["f32", "f64", "f32"])
        .rotate("reduction", ["none", "mean"]),
      both
        .combine("regime", ["masked", "all-masked", "nan", "infinite"])
        .combine("ignore", ["some", "all", "in-range"])
        .combine("weight", ["none", "some-zero"])
        .combine("compat", ["none", "torch"])
        .combine("smoothing", [0, 0.1])
        .rotate("reduction", ["none", "mean", "sum"]),
      // What the library has beyond PyTorch.
      all
        .combine("softcap", [0, 3])
        .combine("zLoss", [0, 1e-3])
        .combine("scale", [1, -2])
        .combine("rowWeight", ROW_WEIGHTS)
        .rotate("smoothing", [0, 0.1, 0])
        .rotate("shape", ["7x5", "2x5x3"])
        .rotate("dtype", ["f32", "f64", "f32", "bf16"])
        .rotate("weight", ["none", "ramp", "none"]),
      both
        .combine("regime", ["masked", "all-masked", "nan", "infinite", "huge", "confident"])
        .combine("softcap", [0, 3])
        .combine("zLoss", [0, 1e-3])
        .combine("ignore", ["none", "some"])
        .combine("weight", ["none", "zeros"])
        .rotate("dtype", ["f32", "f64", "f64"])
        .rotate("reduction", ["none", "sum", "mean"]),
      start
        .combine("weight", ["some-zero", "mixed", "zeros"])
        .combine("ignore", ["none", "in-range"])
        .combine("smoothing", [0.1, 1])
        .combine("shape", ["4x2", "3x5", "4x65", "2x5x3"])
        .combine("compat", ["none", "torch"]),
      both
        .combine("normalizer", [7])
        .combine("ignore", ["none", "some", "all"])
        .combine("rowWeight", ["none", "some-zero"]),
      both
        .combine("onEmpty", ["nan", "zero", "throw"])
        .combine("ignore", ["none", "all"])
        .combine("shape", ["3x5", "2x5x3", "5"]),
      both
        .combine("onEmpty", ["nan", "zero", "throw"])
        .combine("shape", ["0x3", "0x3x2", "2x3x0"])
        .combine("reduction", ["mean", "sum", "none"]),
      // How tensors lie in memory, and where the gradient goes.
      both
        .combine("layout", LAYOUTS)
        .combine("into", ["new", "logits"])
        .combine("shape", ["7x33", "3x5x4", "2x300"])
        .combine("dtype", ["f32", "bf16"])
        .combine("smoothing", [0, 0.1])
        .rotate("reduction", ["mean", "none", "sum"])
        .rotate("upstream", ["given", "one"]),
      start
        .combine("labels", ["i64", "i32", "i16", "u8"])
        .combine("layout", LAYOUTS)
        .combine("ignore", IGNORES)
        .combine("shape", ["7x5", "2x5x3"]),
      start.combine("labels", ["i64", "i32", "i16", "u8"]).combine("shape", ["7x252", "7x300", "5x33000"]),
    ];
  },
});
