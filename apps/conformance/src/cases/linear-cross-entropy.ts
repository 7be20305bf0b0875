import { sizeOf } from "../problem.ts";
import { classWeights, IGNORES, labels, normals, ROW_WEIGHTS, rowWeights, WEIGHTS } from "./data.ts";
import { type Family, family, sizes } from "./family.ts";

const FLOATS = ["f32", "f64", "f16", "bf16"] as const;

/** linearCrossEntropy: hidden `rows x features`, weight `classes x features`. The shape is `rows x classes x features`. */
export const linearCrossEntropy: Family = family({
  name: "linear-cross-entropy",
  operation: "linearCrossEntropy",
  path: ["reduction"],
  choices: {
    reduction: ["mean", "sum", "none"],
    shape: ["4x7x5", "1x1x1", "3x33x4", "0x3x2", "9x65x17"],
    rank: [2, 3, 1],
    dtype: FLOATS,
    weight: WEIGHTS,
    ignore: IGNORES,
    smoothing: [0, 0.1],
    rowWeight: ROW_WEIGHTS,
    bias: ["none", "given"],
    softcap: [0, 3],
    zLoss: [0, 1e-3],
    scale: [1, 0.5],
    upstream: ["one", "given"],
    layout: ["dense", "permuted", "sliced", "offset"],
    size: [1, 30],
  },
  unless: (p) => sizes(p.shape).length !== 3 || (p.rank === 1 && sizes(p.shape)[0] !== 1),
  problem: (p, source) => {
    const [rows = 0, classes = 0, features = 0] = sizes(p.shape);
    const lead = p.rank === 1 ? [] : p.rank === 3 ? [1, rows] : [rows];
    const drawn = labels(source, { outer: rows, classes, inner: 1 }, p.ignore);
    const lossDType = p.dtype === "f64" ? "f64" : "f32";
    const hiddenShape = [...lead, features];
    const scaled = source.fill(p.dtype, sizeOf(hiddenShape), () => p.size * source.normal());
    return {
      inputs: {
        hidden: { dtype: p.dtype, shape: hiddenShape, values: scaled, layout: p.layout },
        weight: { ...normals(source, [classes, features], p.dtype), layout: p.layout },
        target: { dtype: "i64", shape: lead, values: drawn.values },
        ...(p.bias === "given" && { bias: normals(source, [classes], p.dtype) }),
        ...classWeights(source, classes, p.dtype, p.weight, "classWeight"),
        ...rowWeights(source, lead, p.rowWeight),
        ...(p.upstream === "given" && { upstream: normals(source, p.reduction === "none" ? lead : [], lossDType) }),
      },
      options: {
        reduction: p.reduction,
        ...(drawn.ignoreIndex !== undefined && { ignoreIndex: drawn.ignoreIndex }),
        ...(p.smoothing !== 0 && { labelSmoothing: p.smoothing }),
        ...(p.softcap !== 0 && { softcap: p.softcap }),
        ...(p.zLoss !== 0 && { zLoss: p.zLoss }),
        ...(p.scale !== 1 && { logitScale: p.scale }),
      },
    };
  },
  sweeps: (start) => {
    const all = start.combine("reduction", ["mean", "sum", "none"]);
    return [
      all
        .combine("shape", ["4x7x5", "1x1x1", "3x33x4", "0x3x2", "9x65x17", "2x257x31", "65x3x64", "1x5x3", "5x4096x3"])
        .combine("rank", [2, 3, 1])
        .rotate("dtype", FLOATS)
        .rotate("bias", ["none", "given"])
        .rotate("upstream", ["one", "given", "given"]),
      all
        .combine("ignore", IGNORES)
        .combine("weight", ["none", "ramp", "some-zero"])
        .combine("smoothing", [0, 0.1])
        .rotate("bias", ["given", "none", "given"])
        .rotate("dtype", FLOATS),
      all
        .combine("softcap", [0, 3])
        .combine("zLoss", [0, 1e-3])
        .combine("scale", [1, 0.5])
        .combine("rowWeight", ROW_WEIGHTS)
        .rotate("dtype", ["f32", "f64"]),
      all
        .combine("layout", ["dense", "permuted", "sliced", "offset"])
        .combine("dtype", FLOATS)
        .combine("size", [1, 30]),
    ];
  },
});
