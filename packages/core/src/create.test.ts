import { describe, expect, test } from "vitest";
import { arange, type DType, full, tensor, type TensorArray, type TensorLiteral, zeros } from "./index.ts";

/** What an error must look like. */
function failure(name: string, code: string, message: RegExp): Error {
  const text: unknown = expect.stringMatching(message);
  return expect.objectContaining({ name, code, message: text }) as Error;
}

const TYPED: readonly (readonly [DType, TensorArray, TensorArray])[] = [
  ["f32", Float32Array.of(1, -2, 0.5, 3), Float32Array.of(7)],
  ["f64", Float64Array.of(1, -2, 0.1, 3), Float64Array.of(7)],
  ["i64", BigInt64Array.of(1n, -2n, 2n ** 62n, 3n), BigInt64Array.of(7n)],
  ["i32", Int32Array.of(1, -2, 2 ** 31 - 1, 3), Int32Array.of(7)],
  ["i16", Int16Array.of(1, -2, 2 ** 15 - 1, 3), Int16Array.of(7)],
  ["u8", Uint8Array.of(1, 2, 255, 3), Uint8Array.of(7)],
];

describe.each(TYPED)("typed array of %s", (dtype, array, other) => {
  test("is wrapped, not copied", async () => {
    const data = array.slice();
    const x = tensor(data);
    expect(x).toMatchObject({ dtype, shape: [4], strides: [1], offset: 0, size: 4, rank: 1 });
    data.set(other as never, 2);
    expect(await x.item().catch(String)).toMatch(/one element required/);
    expect(await x.slice(0, 2, 3).item()).toBe(7);
    x.view().set(other as never, 0);
    expect(data[0]).toEqual(other[0]);
  });

  test("starts where a subarray starts", async () => {
    const data = array.slice();
    const x = tensor(data.subarray(1, 3), [2, 1]);
    expect(x.offset).toBe(1);
    expect([...(await x.data())]).toEqual([...data.subarray(1, 3)]);
    data.set(other as never, 1);
    expect(Number(x.view()[0])).toBe(7);
    expect(Number(x.view()[1])).toBe(Number(array[2]));
  });
});

test("Uint8ClampedArray is u8, Uint8Array may be bool, Uint16Array holds bits", async () => {
  expect(tensor(Uint8ClampedArray.of(300, 1)).dtype).toBe("u8");
  expect(await tensor(Uint8ClampedArray.of(300, 1)).toArray()).toEqual([255, 1]);
  expect(await tensor(Uint8Array.of(0, 1), { dtype: "bool" }).toArray()).toEqual([false, true]);
  expect(await tensor(Uint16Array.of(0x3c00), { dtype: "f16" }).item()).toBe(1);
  expect(await tensor(Uint16Array.of(0x3f80), { dtype: "bf16" }).item()).toBe(1);
  expect(() => tensor(Uint16Array.of(1))).toThrow(failure("DTypeError", "dtype", /Uint16Array needs a dtype/));
});

test("a typed array of another dtype is converted, so not wrapped", async () => {
  const data = Float64Array.of(1, 2);
  const x = tensor(data, { dtype: "f32" });
  data[0] = 9;
  expect(await x.toArray()).toEqual([1, 2]);
});

test.each<readonly [string, TensorLiteral, DType, readonly number[], unknown]>([
  ["number", 1.5, "f32", [], 1.5],
  ["boolean", true, "bool", [], true],
  ["bigint", -3n, "i64", [], -3],
  ["numbers", [1, 2, 3], "f32", [3], [1, 2, 3]],
  ["booleans", [true, false], "bool", [2], [true, false]],
  ["bigints", [[1n], [-2n]], "i64", [2, 1], [[1], [-2]]],
  ["nested", [[[1, 2]], [[3, 4]]], "f32", [2, 1, 2], [[[1, 2]], [[3, 4]]]],
  ["nothing", [], "f32", [0], []],
  ["rows of nothing", [[], []], "f32", [2, 0], [[], []]],
])("%s: dtype, shape and values", async (_name, data, dtype, shape, values) => {
  const x = tensor(data);
  expect(x).toMatchObject({ dtype, shape });
  expect(await x.toArray()).toEqual(values);
});

test("a shape overrides the nesting and must match the length", async () => {
  expect(await tensor([1, 2, 3, 4], [2, 2]).toArray()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(
    await tensor(
      [
        [1, 2],
        [3, 4],
      ],
      [4],
    ).toArray(),
  ).toEqual([1, 2, 3, 4]);
  expect(() => tensor([1, 2, 3], [2, 2])).toThrow(failure("ShapeError", "data-length", /\[2, 2\] needs 4.*got 3/));
  expect(() => tensor([1], [])).not.toThrow();
  expect(() => tensor([1, 2], [])).toThrow(failure("ShapeError", "data-length", /needs 1.*got 2/));
});

test.each<readonly [TensorLiteral]>([[[[1, 2], [3]]], [[1, [2]]], [[[1], 2]], [[[], [1]]], [[[[1], [2]], [[3]]]]])(
  "ragged: %j",
  (data) => {
    expect(() => tensor(data)).toThrow(failure("ShapeError", "shape", /equal lengths/));
  },
);

test.each([[[-1]], [[1.5]], [[NaN]], [[2 ** 53]], ["4"], [4]])("shape %j is none", (shape) => {
  expect(() => zeros(shape as number[])).toThrow(failure("ShapeError", "shape", /integers ≥ 0/));
});

describe.each<readonly [DType, number, number]>([
  ["u8", 0, 255],
  ["i16", -(2 ** 15), 2 ** 15 - 1],
  ["i32", -(2 ** 31), 2 ** 31 - 1],
  ["i64", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
])("numbers as %s", (dtype, min, max) => {
  test("its whole range fits", async () => {
    expect(await tensor([min, 0, max], { dtype }).toArray()).toEqual([min, 0, max]);
  });

  test.each([min - 1, max + 1, 0.5, NaN, Infinity, -Infinity])("%d does not", (value) => {
    const error = failure("OptionError", "argument", new RegExp(`${dtype} holds integers in .*value 1 is ${value}`));
    expect(() => tensor([0, value], { dtype })).toThrow(error);
    expect(() => tensor(Float64Array.of(0, value), { dtype })).toThrow(error);
  });
});

test("bigints: the whole range of i64, and the ranges of smaller dtypes", async () => {
  const ends = [2n ** 63n - 1n, -(2n ** 63n)];
  expect([...(await tensor(ends).data())]).toEqual(ends);
  expect(await tensor([255n], { dtype: "u8" }).item()).toBe(255);
  expect(() => tensor([256n], { dtype: "u8" })).toThrow(failure("OptionError", "argument", /u8.*256/));
  expect(() => tensor([2n ** 63n])).toThrow(failure("OptionError", "argument", /i64/));
  expect(() => tensor(BigInt64Array.of(-1n), { dtype: "u8" })).toThrow(failure("OptionError", "argument", /u8.*-1/));
});

test("floats take NaN and infinities; bool asks for not 0", async () => {
  for (const dtype of ["f32", "f64", "f16", "bf16"] as const) {
    expect(await tensor([NaN, Infinity, -Infinity, -0], { dtype }).toArray()).toEqual([NaN, Infinity, -Infinity, -0]);
  }
  expect(await tensor([0, -0, 2, -1], { dtype: "bool" }).toArray()).toEqual([false, false, true, true]);
});

test.each<readonly ["f16" | "bf16", readonly (readonly [value: number, bits: number])[]]>([
  [
    "f16",
    [
      [1 + 2 ** -11, 0x3c00], // tie: down to even
      [1 + 3 * 2 ** -11, 0x3c02], // tie: up to even
      [1 + 2 ** -11 + 2 ** -40, 0x3c01], // just above a tie, and not by way of f32
      [65504, 0x7bff],
      [65519.99, 0x7bff],
      [65520, 0x7c00], // the tie to infinity
      [-65520, 0xfc00],
      [2 ** -24, 0x0001],
      [2 ** -25, 0x0000], // tie to 0
      [2 ** -25 * 1.001, 0x0001],
      [2 ** -14 - 2 ** -24, 0x03ff],
      [2 ** -14 - 2 ** -25, 0x0400], // carries into the normals
      [-0, 0x8000],
      [NaN, 0x7e00],
    ],
  ],
  [
    "bf16",
    [
      [1 + 2 ** -8, 0x3f80],
      [1 + 3 * 2 ** -8, 0x3f82],
      [1 + 2 ** -8 + 2 ** -40, 0x3f81],
      [(2 - 2 ** -7) * 2 ** 127, 0x7f7f],
      [(2 - 2 ** -8) * 2 ** 127, 0x7f80],
      [3.4e38, 0x7f80],
      [2 ** -133, 0x0001],
      [2 ** -134, 0x0000],
      [2 ** -134 * 1.001, 0x0001],
      [-0, 0x8000],
      [NaN, 0x7fc0],
    ],
  ],
])("numbers as %s are rounded once, ties to even", (dtype, cases) => {
  const x = tensor(
    cases.map(([value]) => value),
    { dtype },
  );
  expect([...x.view()]).toEqual(cases.map(([, bits]) => bits));
});

test("zeros and full", async () => {
  expect(await zeros([2, 3]).toArray()).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(zeros([2, 0, 3])).toMatchObject({ shape: [2, 0, 3], size: 0, dtype: "f32" });
  expect(await zeros([]).item()).toBe(0);
  for (const dtype of ["f32", "f64", "f16", "bf16", "i64", "i32", "i16", "u8"] as const) {
    expect(await full([2], 3, { dtype }).toArray()).toEqual([3, 3]);
    expect(await zeros([1], { dtype }).toArray()).toEqual([0]);
  }
  expect(await full([2], true, { dtype: "bool" }).toArray()).toEqual([true, true]);
  expect(() => full([2], 256, { dtype: "u8" })).toThrow(failure("OptionError", "argument", /u8 holds.*256/));
  expect(() => full([0], NaN, { dtype: "i32" })).toThrow(failure("OptionError", "argument", /i32 holds.*NaN/));
});

test.each<readonly [number, number | undefined, number | undefined, readonly number[], DType]>([
  [4, undefined, undefined, [0, 1, 2, 3], "i64"],
  [0, undefined, undefined, [], "i64"],
  [2, 5, undefined, [2, 3, 4], "i64"],
  [0, 7, 3, [0, 3, 6], "i64"],
  [0, 6, 3, [0, 3], "i64"],
  [3, 0, -1, [3, 2, 1], "i64"],
  [3, -1, -2, [3, 1], "i64"],
  [0, 0, -1, [], "i64"],
  [1, 2, 0.25, [1, 1.25, 1.5, 1.75], "f32"],
  [0.5, 3, undefined, [0.5, 1.5, 2.5], "f32"],
])("arange(%d, %s, step %s)", async (start, end, step, values, dtype) => {
  const x = step === undefined ? arange(start, end) : arange(start, end, { step });
  expect(x).toMatchObject({ dtype, shape: [values.length] });
  expect(await x.toArray()).toEqual(values);
});

test.each([
  [3, 0, 1],
  [0.5, 0, 1],
  [0, 3, -1],
  [0, 3, 0],
  [0, 0, 0],
  [0, Infinity, 1],
  [NaN, 3, 1],
  [0, 3, NaN],
])("arange(%d, %d, step %d) has no end", (start, end, step) => {
  expect(() => arange(start, end, { step })).toThrow(failure("OptionError", "argument", /step toward the end/));
});

test("unknown dtype and option", () => {
  expect(() => tensor([1], { dtype: "f8" as "f16" })).toThrow(failure("OptionError", "option-value", /dtype.*f8/));
  const options = { dype: "f32" } as object;
  for (const make of [() => tensor([1], options), () => zeros([1], options), () => arange(1, 2, options)]) {
    expect(make).toThrow(failure("OptionError", "option-unknown", /unknown option "dype"; did you mean "dtype"\?/));
  }
});
