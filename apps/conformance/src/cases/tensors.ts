import type { DType } from "@surprisal/core";
import { sizeOf } from "../problem.ts";
import { type Family, family, sizes } from "./family.ts";

const DTYPES = ["f32", "f64", "f16", "bf16", "i64", "i32", "i16", "u8", "bool"] as const;
const LAYOUTS = ["dense", "permuted", "sliced", "offset"] as const;
const SHAPES = ["3x5", "", "5", "2x3x4", "0x3", "65x7", "3x1x2x5", "2x300"] as const;

/** Numbers that exist in every dtype, or to both sides of its steps. */
function drawFor(dtype: DType, random: { uniform(): number; below(count: number): number; normal(): number }): number {
  if (dtype === "bool") return random.below(2);
  if (dtype === "u8") return random.below(256);
  if (dtype.startsWith("i")) return random.below(200) - 100;
  const value = 40 * random.normal();
  if (random.below(3) > 0) return value;
  const mantissa = [7, 10, 23][random.below(3)] ?? 0;
  return halfWay(value, mantissa) * (1 + (random.below(3) - 1) * 2 ** -40);
}

/** Half-way between two numbers of so many bits after the leading one: what a cast in two steps rounds wrongly. */
function halfWay(value: number, mantissa: number): number {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - mantissa);
  return (Math.floor(value / unit) + 0.5) * unit;
}

/** oneHot */
export const oneHot: Family = family({
  name: "one-hot",
  operation: "oneHot",
  choices: {
    shape: SHAPES,
    dtype: ["i64", "i32", "i16", "u8"],
    classes: [7, -1, 1, 65],
    to: DTYPES,
    layout: LAYOUTS,
  },
  unless: (p) => p.classes === -1 && sizeOf(sizes(p.shape)) === 0,
  problem: (p, source) => {
    const shape = sizes(p.shape);
    const classes = p.classes === -1 ? 5 : p.classes;
    const values = source.fill(p.dtype, sizeOf(shape), () => source.below(classes));
    return {
      inputs: { indices: { dtype: p.dtype, shape, values, layout: p.layout } },
      options: { classes: p.classes, dtype: p.to },
    };
  },
  sweeps: (start) => [
    start
      .combine("shape", SHAPES)
      .combine("classes", [7, -1, 1, 65])
      .combine("to", DTYPES)
      .rotate("dtype", ["i64", "i32", "u8"]),
    start
      .combine("layout", LAYOUTS)
      .combine("dtype", ["i64", "i32", "i16", "u8"])
      .combine("to", ["i64", "f32", "bf16"]),
    start.combine("shape", ["4096", "65535", "131073"]).combine("classes", [1, 7]).combine("to", ["f32"]),
  ],
});

/** cast, and with it every way a view may lie in memory. */
export const cast: Family = family({
  name: "cast",
  operation: "cast",
  choices: { shape: SHAPES, dtype: DTYPES, to: DTYPES, layout: LAYOUTS },
  unless: (p) => p.to === "u8" && p.dtype !== "u8" && p.dtype !== "bool", // wraps, as typed arrays do
  problem: (p, source) => {
    const shape = sizes(p.shape);
    const values = source.fill(p.dtype, sizeOf(shape), () => drawFor(p.dtype, source));
    return { inputs: { input: { dtype: p.dtype, shape, values, layout: p.layout } }, options: { dtype: p.to } };
  },
  sweeps: (start) => [
    start.combine("dtype", DTYPES).combine("to", DTYPES),
    start
      .combine("shape", SHAPES)
      .combine("layout", LAYOUTS)
      .combine("dtype", DTYPES)
      .rotate("to", ["f32", "f64", "bf16"]),
  ],
});

/** rand, randn and randint: the same numbers everywhere. */
function randomFamily(name: string, dtypes: readonly [DType, ...DType[]]): Family {
  return family({
    name,
    operation: name,
    choices: { shape: ["5", "", "0", "3x5", "1001", "31x63"], dtype: dtypes, from: [0, 1, 4294967299] },
    problem: (p) => ({
      inputs: {},
      options: {
        shape: sizes(p.shape),
        seed: p.from,
        dtype: p.dtype,
        ...(name === "randint" && { low: -3, high: 97 }),
      },
    }),
    sweeps: (start) => [
      start
        .combine("shape", ["5", "", "0", "3x5", "1001", "31x63"])
        .combine("dtype", dtypes)
        .combine("from", [0, 1, 4294967299]),
    ],
  });
}

export const random: readonly Family[] = [
  randomFamily("rand", ["f32", "f64", "f16", "bf16"]),
  randomFamily("randn", ["f32", "f64", "f16", "bf16"]),
  randomFamily("randint", ["i64", "i32", "i16", "f32"]),
];
