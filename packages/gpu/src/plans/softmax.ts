import type { SoftmaxPlan } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { piecesOf } from "./pieces.ts";
import { dispatch, isInFours, Operands, type Planner, rowGrid } from "./planner.ts";

/** A kernel for each piece. */
export function softmax({ of, rows, input, upstream, output }: SoftmaxPlan, planner: Planner): Dispatch[] {
  const flags = [
    ...(of === "softmax" ? ["SOFTMAX"] : []),
    ...(of === "log-sum-exp" ? ["LOG_SUM_EXP"] : []),
    ...(upstream ? ["UPSTREAM"] : []),
  ];
  return piecesOf(rows, [input, upstream, output], planner).flatMap((piece) => {
    const [from, above, to] = [piece.input(input), piece.input(upstream), piece.output(output)];
    const wide = of === "log-sum-exp" ? [from] : [from, above, to];
    const fours = wide.every((operand) => isInFours(operand, piece.rows, "classes"));
    const whole = fours && of !== "log-sum-exp";
    const given = new Operands().add("input", from, "in", "input", fours);
    given.add("upstream", above, "in", "upstream", whole).add("output", to, "out", "output", whole);
    const grid = rowGrid(piece.rows, from, planner);
    const kernel = dispatch({
      shaders: ["fours", "lanes", "scan", "softmax", "rows"],
      ...grid,
      flags: [...grid.flags, ...flags, ...(fours ? ["FOURS"] : [])],
      given,
    });
    return [...piece.before, kernel, ...piece.after];
  });
}
