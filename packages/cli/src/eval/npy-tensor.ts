import { type Backend, type DType, type Tensor, tensor, type TensorArray } from "@surprisal/core";
import { FormatError } from "../readers/format-error.ts";
import type { NpyArray } from "../readers/npy.ts";

/** A file's array as a tensor: Fortran order becomes a permuted view, integers that core lacks become wider ones. */
export function npyTensor<B extends Backend>(array: NpyArray, backend: B): Tensor<DType, B> {
  const { data, dtype } = elementsOf(array);
  const stored = array.fortranOrder ? array.shape.toReversed() : array.shape;
  const made = tensor(data, stored, { dtype, backend });
  return array.fortranOrder ? made.permute(stored.map((_, dim) => stored.length - 1 - dim)) : made;
}

function elementsOf(array: NpyArray): { readonly data: TensorArray; readonly dtype: DType } {
  switch (array.type) {
    case "f2":
      return { data: array.data, dtype: "f16" };
    case "f4":
      return { data: array.data, dtype: "f32" };
    case "f8":
      return { data: array.data, dtype: "f64" };
    case "b1":
      return { data: array.data, dtype: "bool" };
    case "i1":
      return { data: Int16Array.from(array.data), dtype: "i16" };
    case "i2":
      return { data: array.data, dtype: "i16" };
    case "i4":
      return { data: array.data, dtype: "i32" };
    case "i8":
      return { data: array.data, dtype: "i64" };
    case "u1":
      return { data: array.data, dtype: "u8" };
    case "u2":
      return { data: Int32Array.from(array.data), dtype: "i32" };
    case "u4":
      return { data: BigInt64Array.from(array.data, BigInt), dtype: "i64" };
    case "u8":
      return { data: asSigned(array.file, array.data), dtype: "i64" };
    default:
      return array satisfies never;
  }
}

/** Unsigned 64-bit integers as signed ones, in the same memory. */
function asSigned(file: string, values: BigUint64Array): BigInt64Array {
  const signed = new BigInt64Array(values.buffer, values.byteOffset, values.length);
  const at = signed.findIndex((value) => value < 0n);
  if (at < 0) return signed;
  throw new FormatError(file, `values of u8 must be below 2^63; element ${at} is ${values[at]}`);
}
