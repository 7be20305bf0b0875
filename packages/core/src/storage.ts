import { bytesOf, type DataArrays, type DType, DTYPES, type StorageArrays } from "./dtype.ts";
import { halfTable } from "./half.ts";

/** The typed array of a dtype over existing memory. */
export function storageArray<D extends DType>(
  dtype: D,
  bytes: ArrayBufferLike,
  byteOffset: number,
  length: number,
): StorageArrays[D] {
  const TypedArray: new (bytes: ArrayBufferLike, byteOffset: number, length: number) => unknown = DTYPES[dtype].array;
  return new TypedArray(bytes, byteOffset, length) as StorageArrays[D];
}

/** A fresh, zeroed typed array of a dtype. */
export function newStorage<D extends DType>(dtype: D, length: number): StorageArrays[D] {
  const TypedArray: new (length: number) => unknown = DTYPES[dtype].array;
  return new TypedArray(length) as StorageArrays[D];
}

/** Bytes as the values that `data()` promises: halves widened, the rest as it is. */
export function valuesOf<D extends DType>(dtype: D, bytes: ArrayBuffer): DataArrays[D] {
  const stored = storageArray<DType>(dtype, bytes, 0, bytes.byteLength / bytesOf(dtype));
  if (dtype !== "f16" && dtype !== "bf16") return stored as DataArrays[D];
  const table = halfTable(dtype);
  return Float32Array.from(stored as Uint16Array, (bits) => table[bits] ?? NaN) as DataArrays[D];
}
