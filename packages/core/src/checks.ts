import { type FloatDType, isFloat, isInteger } from "./dtype.ts";
import { DTypeError, OptionError } from "./errors.ts";
import { Tensor } from "./tensor.ts";

/** Throws unless an argument is a tensor: callers without types get an answer too. */
export function checkTensor(where: string, name: string, input: unknown): void {
  if (input instanceof Tensor) return;
  throw new OptionError("argument", `${where}: ${name} must be a tensor, made by tensor(); got ${String(input)}`);
}

/** Throws unless a tensor is of a floating dtype. */
export function checkFloat(where: string, name: string, input: Tensor): FloatDType {
  checkTensor(where, name, input);
  const { dtype } = input;
  if (isFloat(dtype)) return dtype;
  throw new DTypeError("dtype", `${where}: ${name} must be f32, f64, f16 or bf16; got ${dtype}`, { dtype });
}

/** Throws unless a tensor holds integers. */
export function checkIndices(where: string, name: string, target: Tensor): void {
  checkTensor(where, name, target);
  if (isInteger(target.dtype)) return;
  throw new DTypeError(
    "target-dtype",
    `${where}: ${name} must hold class indices as i64, i32, i16 or u8; got ${target.dtype}`,
  );
}
