import type { DataArrays, DType, StorageArrays } from "./dtype.ts";
import { halfTable } from "./half.ts";

const CONSTRUCTORS = {
  f32: Float32Array,
  f64: Float64Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  i64: BigInt64Array,
  i32: Int32Array,
  i16: Int16Array,
  u8: Uint8Array,
  bool: Uint8Array,
} as const;

/** The typed array of a dtype over existing memory. */
export function storageArray<D extends DType>(
  dtype: D,
  bytes: ArrayBufferLike,
  byteOffset: number,
  length: number,
): StorageArrays[D] {
  const TypedArray: new (bytes: ArrayBufferLike, byteOffset: number, length: number) => unknown = CONSTRUCTORS[dtype];
  return new TypedArray(bytes, byteOffset, length) as StorageArrays[D];
}

/** A fresh, zeroed typed array of a dtype. */
export function newStorage<D extends DType>(dtype: D, length: number): StorageArrays[D] {
  const TypedArray: new (length: number) => unknown = CONSTRUCTORS[dtype];
  return new TypedArray(length) as StorageArrays[D];
}

/** Bytes as the values that `data()` promises: halves widened, the rest as it is. */
export function valuesOf<D extends DType>(dtype: D, bytes: ArrayBuffer): DataArrays[D] {
  const stored = storageArray<DType>(dtype, bytes, 0, bytes.byteLength / CONSTRUCTORS[dtype].BYTES_PER_ELEMENT);
  if (dtype !== "f16" && dtype !== "bf16") return stored as DataArrays[D];
  const table = halfTable(dtype);
  return Float32Array.from(stored as Uint16Array, (bits) => table[bits] ?? NaN) as DataArrays[D];
}
