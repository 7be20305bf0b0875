import type { DType, StorageArrays } from "@surprisal/core";
import type { Elements } from "./array-reader.ts";
import { FormatError } from "./format-error.ts";

/** Element types as they lie in files: NumPy's names, and `bf` for bfloat16. */
export type ElementType = "b1" | "i1" | "i2" | "i4" | "i8" | "u1" | "u2" | "u4" | "u8" | "f2" | "f4" | "f8" | "bf";

interface ElementInfo {
  readonly bytes: 1 | 2 | 4 | 8;
  /** What core computes with; integers that core lacks become wider ones. */
  readonly dtype: DType;
}

/** Size of each element type, and the dtype that it is read as. */
export const ELEMENTS: Readonly<Record<ElementType, ElementInfo>> = {
  b1: { bytes: 1, dtype: "bool" },
  i1: { bytes: 1, dtype: "i16" },
  i2: { bytes: 2, dtype: "i16" },
  i4: { bytes: 4, dtype: "i32" },
  i8: { bytes: 8, dtype: "i64" },
  u1: { bytes: 1, dtype: "u8" },
  u2: { bytes: 2, dtype: "i32" },
  u4: { bytes: 4, dtype: "i64" },
  u8: { bytes: 8, dtype: "i64" },
  f2: { bytes: 2, dtype: "f16" },
  f4: { bytes: 4, dtype: "f32" },
  f8: { bytes: 8, dtype: "f64" },
  bf: { bytes: 2, dtype: "bf16" },
};

const STORAGE: { readonly [D in DType]: new (length: number) => StorageArrays[D] } = {
  f32: Float32Array,
  f64: Float64Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  i64: BigInt64Array,
  i32: Int32Array,
  i16: Int16Array,
  u8: Uint8Array,
  bool: Uint8Array,
};

/** Memory for elements of a dtype. */
export function newElements<D extends DType>(dtype: D, length: number): StorageArrays[D] {
  return new STORAGE[dtype](length);
}

/** The bytes of elements, in the same memory. */
export function bytesOfElements(elements: Elements): Uint8Array {
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
}

/** Whether elements lie in a file as they do in memory. (Every machine that runs Node here is little-endian.) */
export function isPlain(type: ElementType): boolean {
  return !["i1", "u2", "u4", "u8"].includes(type);
}

/** Big-endian elements as ordinary ones, in place. */
export function swapBytes(bytes: Uint8Array, itemBytes: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (itemBytes === 2) buffer.swap16();
  if (itemBytes === 4) buffer.swap32();
  if (itemBytes === 8) buffer.swap64();
}

/**
 * Copies elements from bytes as they lie in a file (aligned) to where they are wanted, wider where they must be.
 * @param first number of the first element, for the message
 * @throws FormatError for an integer beyond i64
 */
export function widen(type: ElementType, from: Uint8Array, into: Elements, { name, first }: Place): void {
  const { buffer, byteOffset } = from;
  const length = from.length / ELEMENTS[type].bytes;
  if (type === "i1") into.set(new Int8Array(buffer, byteOffset, length) as never);
  else if (type === "u2") into.set(new Uint16Array(buffer, byteOffset, length) as never);
  else if (type === "u4") {
    const values = new Uint32Array(buffer, byteOffset, length);
    for (let i = 0; i < length; i++) into[i] = BigInt(values[i] as number);
  } else if (type === "u8") {
    const values = new BigUint64Array(buffer, byteOffset, length);
    const signed = new BigInt64Array(buffer, byteOffset, length);
    const at = signed.findIndex((value) => value < 0n);
    if (at >= 0) {
      throw new FormatError(name, `values of u8 must be below 2^63; element ${first + at} is ${values[at]}`);
    }
    into.set(signed as never);
  } else bytesOfElements(into).set(from);
}

/** Where elements are from. */
export interface Place {
  readonly name: string;
  readonly first: number;
}
