import { expect, test } from "vitest";
import fixtures from "./format.fixtures.json" with { type: "json" };
import { formatTensor } from "./format.ts";

// Written by tools/make-vectors/format_fixtures.py, which runs PyTorch.
interface Fixture {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Words; element i of the tensor is word i % (number of words). */
  readonly values: string;
  readonly text: string;
}

function elementsOf({ dtype, shape, values }: Fixture): (number | bigint | boolean)[] {
  const parsed = values.split(" ").map((word) => {
    if (dtype === "bool") return word === "true";
    return dtype === "i64" ? BigInt(word) : Number(word);
  });
  const count = shape.reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, (_, i) => parsed[i % parsed.length] ?? NaN);
}

test.each(fixtures as readonly Fixture[])("case %#: $dtype $shape", (fixture) => {
  expect(formatTensor(elementsOf(fixture), fixture.shape, fixture.dtype)).toBe(fixture.text);
});

test("typed arrays are read as they are, booleans also from 0 and 1", () => {
  expect(formatTensor(Float32Array.of(0.1, 2), [2], "f32")).toBe("tensor([0.1000, 2.0000])");
  expect(formatTensor(BigInt64Array.of(1n, -2n), [2], "i64")).toBe("tensor([ 1, -2])");
  expect(formatTensor(Uint8Array.of(1, 0), [2], "bool")).toBe("tensor([ True, False])");
});

test("a large tensor is read at its edges only", () => {
  const read: string[] = [];
  const values = new Proxy({ length: 1e9 }, { get: (_, key) => (read.push(String(key)), 1) });
  expect(formatTensor(values as ArrayLike<number>, [1e9], "f32")).toBe("tensor([1., 1., 1.,  ..., 1., 1., 1.])");
  expect(new Set(read)).toEqual(new Set(["0", "1", "2", "999999997", "999999998", "999999999"]));
});
