import type { SoftmaxPlan } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { dispatch, Operands, type Planner, rowGrid } from "./planner.ts";

/** One kernel. */
export function softmax({ of, rows, input, upstream, output }: SoftmaxPlan, planner: Planner): Dispatch[] {
  const grid = rowGrid(rows, input, planner);
  const flags = [
    ...grid.flags,
    ...(of === "softmax" ? ["SOFTMAX"] : []),
    ...(of === "log-sum-exp" ? ["LOG_SUM_EXP"] : []),
    ...(upstream ? ["UPSTREAM"] : []),
  ];
  const given = new Operands().add("input", input).add("upstream", upstream).add("output", output, "out");
  return [dispatch({ shaders: ["lanes", "softmax", "rows"], ...grid, flags, given })];
}
