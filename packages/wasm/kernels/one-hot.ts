import { I64 } from "../src/codes";
import { bytesOf, read, write } from "./elements";
import { OneHotPlan, Partial } from "./records";
import { findRun, runBase } from "./tile";

/** Finds the first index of rows `first … end − 1` that is no class. */
export function checkIndices(plan: OneHotPlan, first: i32, end: i32, partial: Partial): void {
  partial.badRow = -1;
  for (let row = first; row < end; row++) {
    const index = indexAt(plan, row);
    if (index >= 0 && index < <i64>plan.classes) continue;
    partial.badRow = row;
    partial.badValue = <f64>index;
    return;
  }
}

/** 1 at each row's index, 0 elsewhere. */
export function oneHot(plan: OneHotPlan, first: i32, end: i32): void {
  const output = plan.output;
  const step = <usize>output.classStep * bytesOf(output.dtype);
  for (let row = first; row < end; row++) {
    const index = <usize>indexAt(plan, row);
    findRun(plan, output, row, 1);
    memory.fill(runBase, 0, <usize>plan.classes * step); // outputs are dense
    write<f64>(output.dtype, runBase + index * step, 1);
  }
}

function indexAt(plan: OneHotPlan, row: i32): i64 {
  findRun(plan, plan.indices, row, 1);
  const dtype = plan.indices.dtype;
  return dtype == I64 ? load<i64>(runBase) : <i64>read<f64>(dtype, runBase);
}
