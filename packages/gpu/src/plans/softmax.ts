import type { SoftmaxPlan } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { piecesOf } from "./pieces.ts";
import { dispatch, isInFours, LANES, Operands, type Planner, rowGrid, type RowGrid } from "./planner.ts";
import { segmentGrids, segmentsOf } from "./segments.ts";

/** A kernel for each piece; two where rows are few and long, unless all of a row is needed once more for its gradient. */
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
    const kernel = (grid: RowGrid, outputs: (given: Operands) => Operands): Dispatch =>
      dispatch({
        shaders: ["fours", ...LANES, "scan", "segments", "softmax", "rows"],
        ...grid,
        flags: [...grid.flags, ...flags, ...(fours ? ["FOURS"] : [])],
        given: outputs(new Operands().add("input", from, "in", "input", fours)),
      });
    const writes = (given: Operands): Operands =>
      given.add("upstream", above, "in", "upstream", whole).add("output", to, "out", "output", whole);
    const segments = upstream === undefined ? segmentsOf(piece.rows, from, planner) : 1;
    if (segments === 1) return [...piece.before, kernel(rowGrid(piece.rows, from, planner), writes), ...piece.after];
    const { look, finish, memory } = segmentGrids(piece.rows, segments, of !== "log-sum-exp", planner);
    return [
      ...piece.before,
      kernel(look, (given) => given.words("segments", memory, "out")),
      kernel(finish, (given) => writes(given).words("segments", memory)),
      ...piece.after,
    ];
  });
}
