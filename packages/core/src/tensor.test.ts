import { describe, expect, test, vi } from "vitest";
import { arange, type DType, type HostBackend, tensor, type Tensor, zeros } from "./index.ts";

function failure(name: string, code: string, message: RegExp): Error {
  const text: unknown = expect.stringMatching(message);
  return expect.objectContaining({ name, code, message: text }) as Error;
}

/** `[[[0 … ]]]` of a shape, as i32. */
function counted(...shape: readonly number[]): Tensor<"i32", HostBackend> {
  const size = shape.reduce((product, n) => product * n, 1);
  return arange(0, size, { dtype: "i32" }).reshape(shape);
}

describe("reshape", () => {
  test("gives a view of the same memory", async () => {
    const x = counted(2, 3);
    const y = x.reshape(3, 2);
    expect(y).toMatchObject({ shape: [3, 2], strides: [2, 1], dtype: "i32" });
    y.view()[0] = 9;
    expect(await x.toArray()).toEqual([
      [9, 1, 2],
      [3, 4, 5],
    ]);
    expect(x.reshape([6]).shape).toEqual([6]);
  });

  test.each([
    [[-1], [6]],
    [
      [2, -1],
      [2, 3],
    ],
    [
      [-1, 6],
      [1, 6],
    ],
    [
      [1, -1, 2],
      [1, 3, 2],
    ],
  ])("%j infers %j", (to, shape) => {
    expect(counted(2, 3).reshape(to).shape).toEqual(shape);
  });

  test("sizes of 0", () => {
    expect(zeros([0, 3]).reshape(-1).shape).toEqual([0]);
    expect(zeros([0, 3]).reshape(-1, 2).shape).toEqual([0, 2]);
    expect(() => zeros([0, 3]).reshape(-1, 0)).toThrow(failure("ShapeError", "shape", /-1, 0/));
  });

  test.each([[[4]], [[-1, -1]], [[-1, 4]], [[-2, -3]], [[1.5, 4]], [[]]])("%j is refused", (to) => {
    expect(() => counted(2, 3).reshape(to)).toThrow(failure("ShapeError", "shape", /\[2, 3\] has 6 elements/));
  });

  test("of a strided view copies, and the copy lives on", async () => {
    const x = counted(2, 3);
    const y = x.transpose(0, 1).reshape(6);
    x.dispose();
    expect(await y.toArray()).toEqual([0, 3, 1, 4, 2, 5]);
  });
});

describe("permute, transpose, slice", () => {
  test("move strides, not elements", async () => {
    const x = counted(2, 3, 4);
    expect(x.permute(2, 0, 1)).toMatchObject({ shape: [4, 2, 3], strides: [1, 12, 4] });
    expect(x.permute([-1, 0, 1]).strides).toEqual([1, 12, 4]);
    expect(x.transpose(0, -1)).toMatchObject({ shape: [4, 3, 2], strides: [1, 4, 12] });
    const y = x.slice(1, 1, 3).slice(2, -2);
    expect(y).toMatchObject({ shape: [2, 2, 2], offset: 6 });
    expect(await y.toArray()).toEqual([
      [
        [6, 7],
        [10, 11],
      ],
      [
        [18, 19],
        [22, 23],
      ],
    ]);
    expect(await x.slice(0, 1).slice(1, 0, -2).slice(2, 0, 1).item()).toBe(12);
    expect(x.slice(1, 3, 3).shape).toEqual([2, 0, 4]);
  });

  test.each([[[0, 1]], [[0, 0, 1]], [[0, 1, 2, 2]], [[0, 1, 3]], [[0, 1, -4]], [[0, 1, 0.5]]])("permute %j", (dims) => {
    expect(() => counted(2, 3, 4).permute(dims)).toThrow(failure("OptionError", "dim", /permute: dim/));
  });

  test.each([
    [1, 0, 4],
    [1, -4, 3],
    [1, 2, 1],
    [1, 0.5, 2],
    [1, NaN, 2],
  ])("slice(%d, %d, %d)", (dim, start, end) => {
    const message = new RegExp(`0 ≤ start ≤ end ≤ 3 along dim 1 .*got ${start} … ${end}`);
    expect(() => counted(2, 3).slice(dim, start, end)).toThrow(failure("OptionError", "argument", message));
    expect(counted(2, 3).slice(dim, -3, 3).shape).toEqual([2, 3]);
  });

  test("a scalar has nothing to slice, and dims 0 and −1", () => {
    expect(() => zeros([]).slice(0, 0, 0)).toThrow(failure("OptionError", "argument", /slice/));
    expect(zeros([]).permute().shape).toEqual([]);
    expect(zeros([]).transpose(0, -1).shape).toEqual([]);
    expect(() => zeros([2]).slice(1, 0)).toThrow(failure("OptionError", "dim", /\[-1, 0\]; got 1/));
  });
});

describe("reading", () => {
  test("view() takes dense tensors only", () => {
    const x = counted(2, 3);
    expect([...x.slice(0, 1).view()]).toEqual([3, 4, 5]);
    expect([...x.slice(1, 1, 2).slice(0, 1).view()]).toEqual([4]);
    expect(() => x.transpose(0, 1).view()).toThrow(failure("ShapeError", "not-viewable", /\[1, 3\] of \[3, 2\]/));
    expect(() => x.slice(1, 1).view()).toThrow(failure("ShapeError", "not-viewable", /await data\(\)/));
    expect([...x.transpose(0, 1).slice(0, 0, 0).view()]).toEqual([]);
  });

  test("data() copies", async () => {
    const x = tensor([1, 2], { dtype: "f32" });
    (await x.data()).set([9, 9]);
    expect(await x.toArray()).toEqual([1, 2]);
  });

  test("item() asks for one element, and for exactness", async () => {
    expect(await tensor([[3]]).item()).toBe(3);
    expect(await tensor(true).item()).toBe(1);
    for (const shape of [[0], [2]]) {
      await expect(zeros(shape).item()).rejects.toThrow(failure("ShapeError", "shape", /one element required/));
    }
    const most = BigInt(Number.MAX_SAFE_INTEGER);
    expect(await tensor([-most]).item()).toBe(Number.MIN_SAFE_INTEGER);
    const inexact = failure("OptionError", "argument", /9007199254740992 is not exact.*data\(\)/);
    await expect(tensor([most + 1n]).item()).rejects.toThrow(inexact);
    await expect(tensor([most + 1n]).toArray()).rejects.toThrow(inexact);
    expect(await tensor([most + 1n]).data()).toEqual(BigInt64Array.of(most + 1n));
  });

  test("format() and print()", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const x = tensor([
      [0.8, 0.2],
      [0.3, 0.7],
    ]);
    expect(await x.format()).toBe("tensor([[0.8000, 0.2000],\n        [0.3000, 0.7000]])");
    expect(log).not.toHaveBeenCalled();
    expect(await x.transpose(0, 1).print()).toBe("tensor([[0.8000, 0.3000],\n        [0.2000, 0.7000]])");
    expect(log.mock.calls).toEqual([["tensor([[0.8000, 0.3000],\n        [0.2000, 0.7000]])"]]);
    log.mockRestore();
    expect(String(x)).toBe("Tensor([2, 2], f32, cpu)");
  });
});

describe("cast", () => {
  const DTYPES: readonly DType[] = ["f32", "f64", "f16", "bf16", "i64", "i32", "i16", "u8", "bool"];

  test.each(DTYPES.flatMap((from) => DTYPES.map((to) => [from, to] as const)))("%s to %s", async (from, to) => {
    const x = tensor([0, 1, from === "bool" ? 1 : 100], { dtype: from });
    const last = from === "bool" || to === "bool" ? 1 : 100;
    const y = x.cast(to);
    expect(y.dtype).toBe(to);
    expect(Array.from(await y.data(), Number)).toEqual([0, 1, last]);
  });

  test("floats are cut toward 0; bool asks for not 0", async () => {
    const x = tensor([1.9, -1.9, -0.5, 0], { dtype: "f64" });
    for (const dtype of ["i64", "i32", "i16"] as const) {
      expect(Array.from(await x.cast(dtype).data(), Number)).toEqual([1, -1, 0, 0]);
    }
    expect(await x.cast("bool").toArray()).toEqual([true, true, true, false]);
    expect(
      await tensor([NaN, 2 ** -149])
        .cast("bool")
        .toArray(),
    ).toEqual([true, true]);
  });

  test("i64 stays exact through copies of views", async () => {
    const values = [2n ** 62n + 1n, -(2n ** 62n) - 3n, 2n ** 53n + 1n, -1n];
    const x = tensor(values, [2, 2]).transpose(0, 1);
    const [a, b, c, d] = values;
    expect([...(await x.data())]).toEqual([a, c, b, d]);
    expect([...(await x.cast("i64").data())]).toEqual([a, c, b, d]);
    expect([...(await x.reshape(4).data())]).toEqual([a, c, b, d]);
    expect([
      ...(await tensor([2 ** 40, -(2 ** 40)], { dtype: "f64" })
        .cast("i64")
        .data()),
    ]).toEqual([2n ** 40n, -(2n ** 40n)]);
  });
});

test.each([
  [
    [2, 3, 2, 3],
    [3, 1, 2, 0],
  ],
  [
    [2, 3, 2, 3, 2],
    [4, 2, 0, 3, 1],
  ],
  [
    [2, 2, 2, 2, 2, 2],
    [5, 3, 1, 4, 2, 0],
  ],
  [
    [2, 0, 2, 3],
    [3, 1, 2, 0],
  ],
])("strided copy of %j by %j", async (shape, order) => {
  for (const dtype of ["i32", "i64"] as const) {
    const x = counted(...shape)
      .cast(dtype)
      .permute(order);
    const elements: number[] = [];
    const visit = (dim: number, at: number): void => {
      if (dim === x.rank) elements.push(at);
      else for (let i = 0; i < (x.shape[dim] ?? 0); i++) visit(dim + 1, at + i * (x.strides[dim] ?? 0));
    };
    visit(0, x.offset);
    expect(Array.from(await x.data(), Number)).toEqual(elements);
  }
});
