import type { DType } from "@surprisal/core";
import { BF16, BOOL, F16, F32, F64, I16, I32, I64, U8 } from "./codes.ts";

interface Facts {
  /** The number by which kernels know it. */
  readonly code: number;
  readonly bytes: number;
}

/** Each dtype for the kernels. */
export const DTYPES: Readonly<Record<DType, Facts>> = {
  f32: { code: F32, bytes: 4 },
  f64: { code: F64, bytes: 8 },
  f16: { code: F16, bytes: 2 },
  bf16: { code: BF16, bytes: 2 },
  i64: { code: I64, bytes: 8 },
  i32: { code: I32, bytes: 4 },
  i16: { code: I16, bytes: 2 },
  u8: { code: U8, bytes: 1 },
  bool: { code: BOOL, bytes: 1 },
};
