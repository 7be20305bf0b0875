import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { piped, readBytes, wishOf } from "../testing/arrays.ts";
import { npyBytes } from "../testing/npy.ts";
import { memoryBytes } from "./bytes.ts";
import { ELEMENTS, type ElementType, swapBytes } from "./elements.ts";
import { arraysOf } from "./formats.ts";

const TYPES = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"] as const satisfies readonly ElementType[];
const ARRAYS = {
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  u8: BigUint64Array,
  f4: Float32Array,
  f8: Float64Array,
} as const;

interface Case {
  readonly type: (typeof TYPES)[number];
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

const cases: fc.Arbitrary<Case> = fc.record({
  type: fc.constantFrom(...TYPES),
  bigEndian: fc.boolean(),
  fortranOrder: fc.boolean(),
  shape: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
});

/** 0, 1, 2 … in row-major order, as a file of this kind has them. */
function fileOf({ type, bigEndian, fortranOrder, shape }: Case): { readonly bytes: Buffer; readonly size: number } {
  const size = shape.reduce((product, each) => product * each, 1);
  const order = fortranOrder ? fortranPlaces(shape, size) : Array.from({ length: size }, (_, i) => i);
  const values = type === "i8" || type === "u8" ? order.map(BigInt) : order;
  const data = (ARRAYS[type] as unknown as { from(values: readonly unknown[]): ArrayBufferView }).from(values);
  const { bytes } = ELEMENTS[type];
  if (bigEndian) swapBytes(new Uint8Array(data.buffer), bytes);
  const descr = `${bytes === 1 ? "|" : bigEndian ? ">" : "<"}${type}`;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  return { bytes: npyBytes({ descr, fortranOrder, shape: tuple, data }), size };
}

/** For each place in the file the element's number in row-major order: the first axis steps by one. */
function fortranPlaces(shape: readonly number[], size: number): number[] {
  return Array.from({ length: size }, (_, place) => {
    let rest = place;
    let number = 0;
    for (const [dim, length] of shape.entries()) {
      const stride = shape.slice(dim + 1).reduce((product, each) => product * each, 1);
      number += (rest % length) * stride;
      rest = Math.floor(rest / length);
    }
    return number;
  });
}

describe("arrays of every type, order and shape", () => {
  it("come in row-major order, in parts of any size, from files and from pipes", async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 1, max: 30 }), fc.boolean(), async (each, part, pipe) => {
        const { bytes, size } = fileOf(each);
        const source = pipe ? piped(bytes, 11) : memoryBytes(bytes, "x.npy");
        const { values, shape, dtype } = await readBytes(source, { part });
        expect(values).toEqual(Array.from({ length: size }, (_, i) => i));
        expect({ shape, dtype }).toEqual({ shape: each.shape, dtype: ELEMENTS[each.type].dtype });
      }),
      { numRuns: 1000, seed: 9 },
    );
  });

  it("can be read anywhere, in row-major order", async () => {
    const bytes = fileOf({ type: "u2", bigEndian: true, fortranOrder: false, shape: [6, 50] }).bytes;
    const [reader] = await arraysOf(memoryBytes(bytes, "x.npy"), { file: "x.npy", wishes: [wishOf()] });
    const into = new Int32Array(5);
    reader?.readAt?.(123, into);
    expect(Array.from(into)).toEqual([123, 124, 125, 126, 127]);
  });

  it("a stream that goes on after its elements, or ends within them, is refused", async () => {
    const bytes = fileOf({ type: "f4", bigEndian: false, fortranOrder: false, shape: [3] }).bytes;
    await expect(readBytes(piped(Buffer.concat([bytes, Buffer.of(0)])))).rejects.toThrow(
      /bytes follow the last element/,
    );
    await expect(readBytes(piped(bytes.subarray(0, -1)))).rejects.toThrow(/truncated: \d+ bytes of elements required/);
  });
});
