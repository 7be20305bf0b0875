import type { DType } from "@surprisal/core";
import { type Input, sizeOf, type Split, splitAt } from "../problem.ts";
import type { Source } from "./source.ts";

// What goes into the cases: logits of every kind that makes a loss difficult, targets, weights.

/** Kinds of logits. */
export const REGIMES = [
  "normal",
  "offset-1e2",
  "offset-1e4",
  "offset-1e6",
  "offset-1e8",
  "wide",
  "huge",
  "masked",
  "all-masked",
  "nan",
  "infinite",
  "ties",
  "constant",
  "subnormal",
  "confident",
] as const;
export type Regime = (typeof REGIMES)[number];

/** Logits in which every third row or so is special, the others being ordinary. */
const BY_ROW: ReadonlySet<Regime> = new Set(["all-masked", "nan", "infinite", "huge"]);

/** One logit. `special` rows are those that have what the regime is named for. */
function logit(regime: Regime, source: Source, c: number, label: number, special: boolean): number {
  const normal = 2 * source.normal();
  if (BY_ROW.has(regime) && !special) return normal;
  switch (regime) {
    case "offset-1e2":
    case "offset-1e4":
    case "offset-1e6":
    case "offset-1e8":
      return Number(regime.slice("offset-".length)) + normal;
    case "wide":
      return (source.uniform() - 0.5) * 2e4;
    case "huge":
      return source.uniform() < 0.5 ? 3e38 : -3e38;
    case "masked":
      return c !== label && source.uniform() < 0.4 ? -Infinity : normal;
    case "all-masked":
      return -Infinity;
    case "nan":
      return source.uniform() < 0.5 ? NaN : normal;
    case "infinite":
      return source.uniform() < 0.5 ? Infinity : normal;
    case "ties":
      return source.below(3) - 1;
    case "constant":
      return 0.7;
    case "subnormal":
      return c === label ? 0 : -88 - 14 * source.uniform(); // e^−88 … e^−102: f32's subnormal probabilities
    case "confident":
      return c === label ? 17 + 30 * source.uniform() : normal / 4;
    case "normal":
    default:
      return normal;
  }
}

/** Whether numbers of a regime exist in a dtype. */
export function holds(dtype: DType, regime: Regime): boolean {
  return dtype !== "f16" || !["offset-1e6", "offset-1e8", "huge"].includes(regime);
}

/** Logits of a shape with the classes in `dim`; `labels` tells the regimes which class is meant. */
export function logits(
  source: Source,
  {
    shape,
    dtype,
    dim,
    regime,
    labels: meant,
  }: {
    readonly shape: readonly number[];
    readonly dtype: DType;
    readonly dim: number;
    readonly regime: Regime;
    readonly labels?: Float64Array;
  },
): Input {
  const { classes, inner } = splitAt(shape, dim);
  const values = source.fill(dtype, sizeOf(shape), (i) => {
    const row = Math.floor(i / (classes * inner)) * inner + (i % inner);
    return logit(regime, source, Math.floor(i / inner) % classes, meant?.[row] ?? 0, row % 3 === 1);
  });
  return { dtype, shape, values };
}

/** Which rows are left out: none, some, all, all of one class, or by an index that is no class. */
export const IGNORES = ["none", "some", "all", "in-range", "out-of-range"] as const;
export type Ignore = (typeof IGNORES)[number];

/** Class indices. */
export interface Labels {
  readonly values: Float64Array;
  /** Undefined: the default. */
  readonly ignoreIndex: number | undefined;
}

/** Class indices of every row of a split. */
export function labels(source: Source, { outer, classes, inner }: Split, ignore: Ignore): Labels {
  const ignoreIndex = { none: undefined, some: undefined, all: undefined, "in-range": 0, "out-of-range": 253 }[ignore];
  const left = ignoreIndex ?? -100;
  const values = Float64Array.from({ length: outer * inner }, (_, row) => {
    const label = source.below(Math.max(1, classes));
    if (ignore === "all") return left;
    return (ignore === "some" || ignore === "out-of-range") && row % 3 === 2 ? left : label;
  });
  return { values, ignoreIndex };
}

/** Distributions over the classes, and what is none: one-hot rows, rows with zeros, and rows that add up to anything. */
export const MASSES = ["distribution", "one-hot", "sparse", "unnormalised"] as const;
export type Masses = (typeof MASSES)[number];

/** Target probabilities of a shape with the classes in `dim`. */
export function probabilities(
  source: Source,
  shape: readonly number[],
  dim: number,
  { dtype, masses }: { readonly dtype: DType; readonly masses: Masses },
): Input {
  const { outer, classes, inner } = splitAt(shape, dim);
  const raw = new Float64Array(sizeOf(shape));
  for (let row = 0; row < outer * inner; row++) {
    const start = Math.floor(row / inner) * classes * inner + (row % inner);
    const hot = source.below(Math.max(1, classes));
    let total = 0;
    for (let c = 0; c < classes; c++) {
      const drawn = -Math.log(1 - source.uniform());
      const value =
        masses === "one-hot" ? Number(c === hot) : masses === "sparse" && c !== hot && c % 2 === 0 ? 0 : drawn;
      raw[start + c * inner] = masses === "unnormalised" ? drawn - 0.5 : value;
      total += value;
    }
    if (masses === "unnormalised") continue;
    for (let c = 0; c < classes; c++) raw[start + c * inner] = (raw[start + c * inner] ?? 0) / total;
  }
  return { dtype, shape, values: source.fill(dtype, raw.length, (i) => raw[i] ?? 0) };
}

/** Weights of classes, of any sign. */
export const WEIGHTS = ["none", "ramp", "mixed", "some-zero", "zeros"] as const;
export type Weights = (typeof WEIGHTS)[number];

/** One weight per class; an object to spread into the inputs, empty without weights. */
export function classWeights(
  source: Source,
  classes: number,
  dtype: DType,
  kind: Weights,
  name: string = "weight",
): Readonly<Record<string, Input>> {
  if (kind === "none") return {};
  const values = source.fill(dtype, classes, (j) => {
    const ramp = 0.25 + (j % 16) / 8; // sums of these are exact in any order
    if (kind === "zeros" || (kind === "some-zero" && j % 2 === 1)) return 0;
    return kind === "mixed" && j % 3 === 0 ? -ramp : ramp;
  });
  return { [name]: { dtype, shape: [classes], values } };
}

/** Weights of rows; a mask is bool. */
export const ROW_WEIGHTS = ["none", "ramp", "some-zero", "mask"] as const;
export type RowWeights = (typeof ROW_WEIGHTS)[number];

/** One weight per row; an object to spread into the inputs, empty without weights. */
export function rowWeights(
  source: Source,
  shape: readonly number[],
  kind: RowWeights,
): Readonly<Record<string, Input>> {
  if (kind === "none") return {};
  const dtype = kind === "mask" ? "bool" : "f32";
  const values = source.fill(dtype, sizeOf(shape), (row) => {
    if (kind === "mask") return row % 3 === 1 ? 0 : 1;
    return kind === "some-zero" && row % 2 === 0 ? 0 : 0.5 + source.uniform();
  });
  return { rowWeight: { dtype, shape, values } };
}

/** Ordinary numbers, e.g. the gradient that arrives from above. */
export function normals(source: Source, shape: readonly number[], dtype: DType): Input {
  return { dtype, shape, values: source.fill(dtype, sizeOf(shape), () => source.normal()) };
}
