import { splitAt } from "../problem.ts";
import { holds, logits, normals, REGIMES } from "./data.ts";
import { type Family, family, sizes } from "./family.ts";
import { geometries, LARGE } from "./geometry.ts";

const FLOATS = ["f32", "f64", "f16", "bf16"] as const;

function softmaxFamily(name: string, operation: string): Family {
  const reduced = operation === "logSumExp";
  return family({
    name,
    operation,
    choices: {
      shape: ["3x5", "5", "2x5x3", "7x33", "1x1", "", "0x3", "3x0"],
      dim: [1, 0, -1, 2, -2],
      dtype: FLOATS,
      regime: REGIMES,
      upstream: ["one", "given"],
      layout: ["dense", "permuted", "sliced", "offset"],
      keepDim: [false, true],
    },
    unless: (p) => {
      const rank = Math.max(1, sizes(p.shape).length);
      return !holds(p.dtype, p.regime) || p.dim >= rank || p.dim < -rank || (p.keepDim && !reduced);
    },
    problem: (p, source) => {
      const shape = sizes(p.shape);
      const dim = p.dim < 0 ? p.dim + Math.max(1, shape.length) : p.dim;
      const { classes } = splitAt(shape, dim);
      const kept = p.keepDim && shape.length > 0 ? [1] : [];
      const valueShape = reduced ? shape.toSpliced(dim, 1, ...kept) : shape;
      const labels = new Float64Array(shape.reduce((size, n) => size * n, 1)).map((_, i) => i % Math.max(1, classes));
      return {
        inputs: {
          input: { ...logits(source, { shape, dtype: p.dtype, dim, regime: p.regime, labels }), layout: p.layout },
          ...(p.upstream === "given" && { upstream: { ...normals(source, valueShape, p.dtype), layout: p.layout } }),
        },
        options: { dim: p.dim, ...(p.keepDim && { keepDim: true }) },
      };
    },
    sweeps: (start) => [
      start.combine("shape", geometries()).rotate("dtype", FLOATS).rotate("upstream", ["given", "one", "given"]),
      start.combine("shape", LARGE.slice(0, 3)).combine("upstream", ["given"]),
      start
        .combine("regime", REGIMES)
        .combine("shape", ["2x4100", "1x9001"])
        .rotate("dtype", FLOATS)
        .rotate("upstream", ["one", "given"]),
      start
        .combine("regime", REGIMES)
        .combine("shape", ["7x33", "3x5x4"])
        .combine("dtype", FLOATS)
        .rotate("upstream", ["given", "one"])
        .rotate("keepDim", [false, reduced]),
      start
        .combine("shape", ["5", "3x5", "2x5x3", "", "0x3", "3x0", "2x3x4x2"])
        .combine("dim", [0, 1, 2, 3, -1, -2])
        .combine("keepDim", [false, true])
        .combine("upstream", ["one", "given"]),
      start
        .combine("layout", ["dense", "permuted", "sliced", "offset"])
        .combine("shape", ["7x33", "3x5x4", "2x300"])
        .combine("dtype", FLOATS)
        .combine("upstream", ["given"]),
    ],
  });
}

export const softmax: Family = softmaxFamily("softmax", "softmax");
export const logSoftmax: Family = softmaxFamily("log-softmax", "logSoftmax");
export const logSumExp: Family = softmaxFamily("log-sum-exp", "logSumExp");
