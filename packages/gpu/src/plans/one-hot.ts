import type { OneHotPlan } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { elementsOf, numbering } from "./pieces.ts";
import { dispatch, Operands, type Planner } from "./planner.ts";

/** An invocation for each element; then what is wrong is looked up. */
export function oneHot({ rows, indices, output }: OneHotPlan, planner: Planner): Dispatch[] {
  return elementsOf(rows, [indices, output], planner).flatMap((piece) => {
    const { outer, classes, inner } = piece.rows;
    const count = outer * classes * inner;
    const integers = { count, outer, classes, inner, ...numbering(rows, piece.from), slot: planner.slot };
    const labels = piece.input(indices);
    return [
      dispatch({
        shaders: ["one-hot"],
        constants: { GROUP: planner.group },
        integers,
        given: new Operands().add("indices", labels).add("output", piece.output(output), "out").status(planner),
        groups: Math.ceil(count / planner.group),
      }),
      dispatch({
        shaders: ["explain"],
        integers,
        given: new Operands().add("indices", labels).status(planner),
        groups: 1,
      }),
    ];
  });
}
