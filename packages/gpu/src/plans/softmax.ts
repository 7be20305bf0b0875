import type { SoftmaxPlan } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { piecesOf } from "./pieces.ts";
import { dispatch, Operands, type Planner, rowGrid } from "./planner.ts";

/** A kernel for each piece. */
export function softmax({ of, rows, input, upstream, output }: SoftmaxPlan, planner: Planner): Dispatch[] {
  const flags = [
    ...(of === "softmax" ? ["SOFTMAX"] : []),
    ...(of === "log-sum-exp" ? ["LOG_SUM_EXP"] : []),
    ...(upstream ? ["UPSTREAM"] : []),
  ];
  return piecesOf(rows, [input, upstream, output], planner).flatMap((piece) => {
    const from = piece.input(input);
    const given = new Operands().add("input", from);
    given.add("upstream", piece.input(upstream)).add("output", piece.output(output), "out");
    const grid = rowGrid(piece.rows, from, planner);
    const kernel = dispatch({
      shaders: ["lanes", "softmax", "rows"],
      ...grid,
      flags: [...grid.flags, ...flags],
      given,
    });
    return [...piece.before, kernel, ...piece.after];
  });
}
