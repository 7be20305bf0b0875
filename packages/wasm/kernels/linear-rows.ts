import { bytesOf } from "./elements";
import { LinearPlan, Operand } from "./records";

// Where rows of a linear layer's matrices lie.

/** Address of a row. */
// @ts-ignore: decorator
@inline
export function at(operand: Operand, row: i32): usize {
  return operand.pointer + <usize>row * <usize>operand.outerStep * bytesOf(operand.dtype);
}

/** Number i of the rows of the block at hand. */
// @ts-ignore: decorator
@inline
export function rowAt(plan: LinearPlan, i: i32): i32 {
  return load<i32>(plan.list + (<usize>(plan.blockFirst + i) << 2));
}
