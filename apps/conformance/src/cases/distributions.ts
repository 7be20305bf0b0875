import { MASSES, probabilities } from "./data.ts";
import { type Family, family, sizes } from "./family.ts";

const FLOATS = ["f32", "f64", "f16", "bf16"] as const;
const SHAPES = ["3x5", "5", "2x5x3", "7x33", "1x1", "0x3", "3x0", "2x1000", "257x2"] as const;

/** Functions of one or two distributions. */
function distributionFamily(name: string, operation: string, two: boolean): Family {
  return family({
    name,
    operation,
    path: ["reduction"],
    choices: {
      reduction: ["mean", "sum", "none"],
      shape: SHAPES,
      dim: [-1, 0, 1, 2],
      dtype: FLOATS,
      p: MASSES,
      q: MASSES,
      base: ["e", "2"],
    },
    unless: (p) => {
      const negative = p.p === "unnormalised" || p.q === "unnormalised"; // logarithms of negative numbers: NaN, nothing to learn
      return negative || p.dim >= Math.max(1, sizes(p.shape).length) || (!two && p.q !== "distribution");
    },
    problem: (p, source) => {
      const shape = sizes(p.shape);
      const dim = p.dim < 0 ? p.dim + shape.length : p.dim;
      return {
        inputs: {
          p: probabilities(source, shape, dim, { dtype: p.dtype, masses: p.p }),
          ...(two && { q: probabilities(source, shape, dim, { dtype: p.dtype, masses: p.q }) }),
        },
        options: { reduction: p.reduction, dim: p.dim, ...(p.base === "2" && { base: 2 }) },
      };
    },
    sweeps: (start) => [
      start
        .combine("reduction", ["mean", "sum", "none"])
        .combine("shape", SHAPES)
        .combine("dim", [-1, 0, 1, 2])
        .rotate("dtype", FLOATS),
      start
        .combine("reduction", ["mean", "sum", "none"])
        .combine("p", MASSES)
        .combine("q", MASSES)
        .combine("base", ["e", "2"])
        .combine("dtype", ["f32", "f64"])
        .rotate("shape", ["3x5", "1x2x3x2", "7x33"]),
    ],
  });
}

export const distributions: readonly Family[] = [
  distributionFamily("entropy", "entropy", false),
  distributionFamily("distribution-cross-entropy", "distributionCrossEntropy", true),
  distributionFamily("distribution-kl-divergence", "distributionKlDivergence", true),
];
