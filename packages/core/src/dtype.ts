/** Floating element types. f16 and bf16 are storage: arithmetic on them is done in f32 or better. */
export type FloatDType = "f32" | "f64" | "f16" | "bf16";
/** Signed integers, and u8. */
export type IntegerDType = "i64" | "i32" | "i16" | "u8";
/** The element types of a tensor. */
export type DType = FloatDType | IntegerDType | "bool";

/** The array that holds elements of a dtype in memory; f16 and bf16 are held as their bits, i64 as BigInt64Array. */
export interface StorageArrays {
  f32: Float32Array;
  f64: Float64Array;
  f16: Uint16Array;
  bf16: Uint16Array;
  i64: BigInt64Array;
  i32: Int32Array;
  i16: Int16Array;
  u8: Uint8Array;
  bool: Uint8Array;
}

/** The array that `tensor.data()` gives for a dtype: as in storage, but f16 and bf16 widened (exactly) to f32. */
export interface DataArrays extends Omit<StorageArrays, "f16" | "bf16"> {
  f16: Float32Array;
  bf16: Float32Array;
}

type StorageConstructor =
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | Uint16ArrayConstructor
  | BigInt64ArrayConstructor
  | Int32ArrayConstructor
  | Int16ArrayConstructor
  | Uint8ArrayConstructor;

interface DTypeInfo {
  readonly kind: "float" | "integer" | "bool";
  /** What makes the array that holds it in memory. */
  readonly array: StorageConstructor;
  /** Inclusive limits of an integer dtype. */
  readonly min: number;
  readonly max: number;
}

const float = (array: StorageConstructor): DTypeInfo => ({ kind: "float", array, min: -Infinity, max: Infinity });
const integer = (array: StorageConstructor, min: number, max: number): DTypeInfo => ({
  kind: "integer",
  array,
  min,
  max,
});

/** Kind, memory and range of each dtype. */
export const DTYPES: Readonly<Record<DType, DTypeInfo>> = {
  f32: float(Float32Array),
  f64: float(Float64Array),
  f16: float(Uint16Array),
  bf16: float(Uint16Array),
  i64: integer(BigInt64Array, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  i32: integer(Int32Array, -(2 ** 31), 2 ** 31 - 1),
  i16: integer(Int16Array, -(2 ** 15), 2 ** 15 - 1),
  u8: integer(Uint8Array, 0, 255),
  bool: { kind: "bool", array: Uint8Array, min: 0, max: 1 },
};

/**
 * Bytes of one element.
 *
 * @throws TypeError for what is no dtype
 * @example
 * ```ts
 * import { bytesOf } from "@surprisal/core";
 * console.log(bytesOf("f32"), bytesOf("bf16")); // 4 2
 * ```
 */
export function bytesOf(dtype: DType): number {
  return DTYPES[dtype].array.BYTES_PER_ELEMENT;
}

/** f32, f64, f16 or bf16. */
export function isFloat(dtype: DType): dtype is FloatDType {
  return DTYPES[dtype].kind === "float";
}

/** i64, i32, i16 or u8 (bool is not an index). */
export function isInteger(dtype: DType): dtype is IntegerDType {
  return DTYPES[dtype].kind === "integer";
}

/** f64 as soon as one operand is f64, else f32: the dtype in which results of f16, bf16 and f32 operands are given. */
export function resultDType(...dtypes: readonly DType[]): "f32" | "f64" {
  return dtypes.includes("f64") ? "f64" : "f32";
}
