import { fill, isNative } from "./elements";
import { Operand, Plan } from "./records";
import { classBytes, findRun, loadPlanes, runBase, runCount, runStep } from "./tile";

/** Where `findPlanes` has found a block's planes, and how far apart they are. */
export let planesAt: usize = 0;
export let planesStep: usize = 0;

/** Whether an operand's own memory holds a block in planes of T; then `planesAt` and `planesStep` say where. */
export function arePlanes<T>(plan: Plan, operand: Operand, first: i32, count: i32): bool {
  if (!isNative<T>(operand.dtype) || (count & 3) != 0) return false;
  findRun(plan, operand, first, count);
  if (runStep != sizeof<T>() || runCount != count) return false;
  planesAt = runBase;
  planesStep = classBytes(operand);
  return true;
}

/** Finds a block in planes of T: in place if `inPlace` and possible, else in a tile. Rows behind the last are 0 there. */
export function findPlanes<T>(
  plan: Plan,
  operand: Operand,
  first: i32,
  count: i32,
  padded: i32,
  to: usize,
  inPlace: bool,
): void {
  if (inPlace && arePlanes<T>(plan, operand, first, count)) return;
  const step = <usize>padded * sizeof<T>();
  loadPlanes<T>(plan, operand, first, count, 0, plan.classes, to, padded);
  planesAt = to;
  planesStep = step;
  if (count == padded) return;
  for (let c = 0; c < plan.classes; c++) {
    fill<T>(to + <usize>c * step + <usize>count * sizeof<T>(), 0, padded - count);
  }
}
