import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  broadcastShapes,
  broadcastStrides,
  denseStrides,
  foldRows,
  foldTogether,
  isDense,
  normalizeDim,
  type Rows,
  rowsOf,
  sizeOf,
  type Strides,
} from "./shape.ts";

// The reference for all: where the elements of a view lie, in row-major order, counted out one by one.

function elements(shape: readonly number[], strides: readonly number[], from = 0): number[] {
  const [size, ...rest] = shape;
  if (size === undefined) return [from];
  const [step = 0, ...steps] = strides;
  return Array.from({ length: size }, (_, i) => elements(rest, steps, from + i * step)).flat();
}

function folded({ outer, classes, inner }: Rows, strides: Strides): number[] {
  return elements([outer, classes, inner], strides);
}

/** A failure names the seed's path; runs are the same everywhere. */
const SEEDED = { seed: 20_240_607, numRuns: 500 } as const;

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 });
const nonEmpty = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });

interface View {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Views as tensors have them: dense, with dims in any order, sliced out of more, or repeated. */
function viewsOf(shape: readonly number[]): fc.Arbitrary<View> {
  const dims = shape.map((_, d) => d);
  return fc
    .record({
      order: fc.shuffledSubarray(dims, { minLength: dims.length, maxLength: dims.length }),
      extra: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: dims.length, maxLength: dims.length }),
      repeated: fc.option(fc.constantFrom(...dims, -1), { freq: 3 }),
    })
    .map(({ order, extra, repeated }) => {
      const memory = denseStrides(order.map((d) => (shape[d] ?? 1) + (extra[d] ?? 0)));
      const strides = dims.map((d) => (d === repeated ? 0 : (memory[order.indexOf(d)] ?? 0)));
      return { shape, strides };
    });
}

const views = nonEmpty.chain(viewsOf);

test("sizeOf and denseStrides count in row-major order", () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      expect(elements(shape, denseStrides(shape))).toEqual(Array.from({ length: sizeOf(shape) }, (_, i) => i));
    }),
    SEEDED,
  );
});

test("isDense: exactly where the elements are 0, 1, 2 …", () => {
  fc.assert(
    fc.property(views, ({ shape, strides }) => {
      expect(isDense(shape, strides)).toBe(elements(shape, strides).every((at, i) => at === i));
    }),
    SEEDED,
  );
  expect(isDense([2, 0, 3], [1, 7, 2])).toBe(true); // nothing lies anywhere
  expect(isDense([1, 3], [99, 1])).toBe(true);
  expect(isDense([2, 3], [1, 2])).toBe(false);
});

test("rowsOf keeps the size and the class dim", () => {
  fc.assert(
    fc.property(nonEmpty, fc.nat(), (shape, pick) => {
      const dim = pick % shape.length;
      const { outer, classes, inner } = rowsOf(shape, dim);
      expect([outer, classes, inner]).toEqual([sizeOf(shape.slice(0, dim)), shape[dim], sizeOf(shape.slice(dim + 1))]);
    }),
    SEEDED,
  );
  expect(rowsOf([], 0)).toEqual({ outer: 1, classes: 1, inner: 1 });
  expect(rowsOf([3], 0)).toEqual({ outer: 1, classes: 3, inner: 1 });
  expect(rowsOf([2, 3, 4, 5], 1)).toEqual({ outer: 2, classes: 3, inner: 20 });
});

describe("foldRows", () => {
  /** Whether indexes along these dims, in row-major order, lie at equal distances. */
  function even(shape: readonly number[], strides: readonly number[]): boolean {
    const at = elements(shape, strides);
    const step = (at[1] ?? 0) - (at[0] ?? 0);
    return at.every((element, i) => element === i * step);
  }

  test("gives the same elements, wherever three steps can", () => {
    let folds = 0;
    fc.assert(
      fc.property(views, fc.nat(), ({ shape, strides }, pick) => {
        const dim = pick % shape.length;
        const fold = foldRows(shape, strides, dim);
        const [before, after] = [0, dim + 1].map((from) => {
          const to = from === 0 ? dim : shape.length;
          return even(shape.slice(from, to), strides.slice(from, to));
        });
        expect(fold !== undefined).toBe(before === true && after === true);
        if (fold === undefined) return;
        folds++;
        expect(folded(rowsOf(shape, dim), fold)).toEqual(elements(shape, strides));
      }),
      SEEDED,
    );
    expect(folds).toBeGreaterThan(SEEDED.numRuns / 4);
    expect(folds).toBeLessThan(SEEDED.numRuns);
  });

  test("channels last folds, a slice of the inner dims does not", () => {
    expect(foldRows([2, 3, 4, 5], [60, 1, 15, 3], 1)).toEqual([60, 1, 3]);
    expect(foldRows([2, 3, 4, 5], [120, 40, 10, 1], 1)).toBeUndefined();
    expect(foldRows([2, 3, 1, 5], [120, 40, 10, 1], 1)).toEqual([120, 40, 1]);
  });

  test("a step along a single class is 0", () => {
    expect(foldRows([2, 1, 3], [3, 77, 1], 1)).toEqual([3, 0, 1]);
  });
});

describe("foldTogether", () => {
  const groups = nonEmpty.chain((shape) =>
    fc.tuple(fc.constant(shape), fc.array(viewsOf(shape), { minLength: 1, maxLength: 3 })),
  );

  test("gives every view's elements in one geometry", () => {
    let folds = 0;
    fc.assert(
      fc.property(groups, ([shape, all]) => {
        const fold = foldTogether(
          shape,
          all.map(({ strides }) => strides),
        );
        expect(fold !== undefined || shape.filter((size) => size > 1).length > 3).toBe(true);
        if (fold === undefined) return;
        folds++;
        expect(fold.strides).toHaveLength(all.length);
        for (const [i, { strides }] of all.entries()) {
          expect(folded(fold.rows, fold.strides[i] ?? [NaN, NaN, NaN])).toEqual(elements(shape, strides));
        }
      }),
      SEEDED,
    );
    expect(folds).toBeGreaterThan(SEEDED.numRuns / 2);
  });

  test("dense views of any rank become one dim, along the classes", () => {
    const shape = [2, 3, 2, 3, 2];
    const dense = denseStrides(shape);
    expect(foldTogether(shape, [dense, dense])).toEqual({
      rows: { outer: 1, classes: 72, inner: 1 },
      strides: [
        [0, 1, 0],
        [0, 1, 0],
      ],
    });
    expect(foldTogether([], [[]])).toEqual({ rows: { outer: 1, classes: 1, inner: 1 }, strides: [[0, 0, 0]] });
  });

  test("four dims that never merge do not fold, three do", () => {
    const reversed = (shape: readonly number[]): number[] => denseStrides(shape.toReversed()).toReversed();
    const [three, four] = [
      [2, 3, 4],
      [2, 3, 4, 5],
    ];
    expect(foldTogether(four, [reversed(four), denseStrides(four)])).toBeUndefined();
    expect(foldTogether(three, [reversed(three), denseStrides(three)])?.rows).toEqual({
      outer: 2,
      classes: 3,
      inner: 4,
    });
  });
});

describe("broadcasting", () => {
  /** The shape by the rule, and where each element of the stretched view comes from, by indexes. */
  function stretched({ shape, strides }: View, to: readonly number[]): number[] {
    const lead = to.length - shape.length;
    return elements(to, denseStrides(to)).map((number) => {
      let left = number;
      const index = to.toReversed().map((size) => {
        const at = left % size;
        left = (left - at) / size;
        return at;
      });
      index.reverse();
      return shape.reduce((at, size, d) => at + (size === 1 ? 0 : (index[lead + d] ?? 0) * (strides[d] ?? 0)), 0);
    });
  }

  /** A shape that broadcasts to `to`: leading dims dropped, others set to 1. */
  const pairs = nonEmpty.chain((to) =>
    fc
      .record({ drop: fc.nat(to.length), ones: fc.array(fc.boolean(), { minLength: to.length, maxLength: to.length }) })
      .map(({ drop, ones }) => to.map((size, d) => (ones[d] === true ? 1 : size)).slice(drop))
      .chain((shape) =>
        fc.tuple(shape.length === 0 ? fc.constant({ shape, strides: [] }) : viewsOf(shape), fc.constant(to)),
      ),
  );

  test("strides repeat what is missing or of size 1", () => {
    fc.assert(
      fc.property(pairs, ([view, to]) => {
        const strides = broadcastStrides(view.shape, view.strides, to);
        expect(elements(to, strides ?? [])).toEqual(stretched(view, to));
        expect(broadcastShapes(view.shape, to, "test")).toEqual(to);
        expect(broadcastShapes(to, view.shape, "test")).toEqual(to);
      }),
      SEEDED,
    );
  });

  function attempt<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch {
      return undefined;
    }
  }

  test("shapes: each dim is the one that is not 1, or there is none", () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        const rank = Math.max(a.length, b.length);
        const sizes = Array.from({ length: rank }, (_, d) =>
          [a, b].map((shape) => shape[shape.length - rank + d] ?? 1),
        );
        const fits = sizes.every(([x, y]) => x === y || x === 1 || y === 1);
        const expected = sizes.map(([x = 1, y = 1]) => (x === 1 ? y : x));
        expect(attempt(() => broadcastShapes(a, b, "test"))).toEqual(fits ? expected : undefined);
        const one =
          fits &&
          sizeOf(expected) === sizeOf(b) &&
          expected.length === b.length &&
          expected.every((n, d) => n === b[d]);
        expect(broadcastStrides(a, denseStrides(a), b) !== undefined).toBe(one);
      }),
      SEEDED,
    );
  });

  test("shapes that do not broadcast are named", () => {
    expect(() => broadcastShapes([2, 3], [2], "test")).toThrow("test: shapes [2, 3] and [2] do not broadcast");
    expect(() => broadcastShapes([2, 0], [2], "test")).toThrow("test: shapes [2, 0] and [2] do not broadcast");
  });

  test("a weight may not enlarge what it weighs", () => {
    expect(broadcastStrides([3], [1], [2, 3])).toEqual([0, 1]);
    expect(broadcastStrides([2, 3], [3, 1], [3])).toBeUndefined();
    expect(broadcastStrides([2], [1], [2, 1])).toBeUndefined();
    expect(broadcastStrides([0], [1], [1])).toBeUndefined();
    expect(broadcastShapes([0], [1], "test")).toEqual([0]);
  });
});

test.each([
  [0, 0, 0],
  [-1, 0, 0],
  [1, 2, 1],
  [-2, 2, 0],
])("dim %d of rank %d is %d", (dim, rank, normal) => {
  expect(normalizeDim(dim, rank, "test")).toBe(normal);
});

test.each([
  [1, 0],
  [-2, 0],
  [2, 2],
  [-3, 2],
  [0.5, 2],
  [NaN, 2],
])("dim %d of rank %d is none", (dim, rank) => {
  const limit = Math.max(rank, 1);
  expect(() => normalizeDim(dim, rank, "test")).toThrow(
    `test: dim must be an integer in [${-limit}, ${limit - 1}]; got ${dim}`,
  );
});
