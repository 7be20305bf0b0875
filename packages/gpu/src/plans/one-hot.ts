import type { OneHotPlan } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { dispatch, Operands, type Planner } from "./planner.ts";

/** An invocation for each element; then what is wrong is looked up. */
export function oneHot({ rows, indices, output }: OneHotPlan, planner: Planner): Dispatch[] {
  const { outer, classes, inner } = rows;
  const count = outer * classes * inner;
  const integers = { count, classes, inner, slot: planner.slot };
  return [
    dispatch({
      shaders: ["one-hot"],
      constants: { GROUP: planner.group },
      integers,
      given: new Operands().add("indices", indices).add("output", output, "out").status(planner),
      groups: Math.ceil(count / planner.group),
    }),
    dispatch({
      shaders: ["explain"],
      integers,
      given: new Operands().add("indices", indices).status(planner),
      groups: 1,
    }),
  ];
}
