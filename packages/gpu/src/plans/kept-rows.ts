import type { DeviceBuffer, LinearCrossEntropyPlan, Operand } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { elementsOf } from "./pieces.ts";
import { dispatch, Operands, type Planner } from "./planner.ts";

// Rows of tokens that are left out take no part in the products of a linear layer: within each block of rows those that are kept are
// brought together, and how many they are is known to the device alone, where the tiles of a product end there.

/** Where rows are among those that are kept. */
export interface KeptRows {
  /** Of each row its number among the kept ones of its block, or that it is left out. */
  readonly place: DeviceBuffer;
  /** Of each block how many are kept. */
  readonly counts: DeviceBuffer;
}

/** Bytes of both, for each row, at most. */
export const KEPT_BYTES = 8;

/** The kernel that finds out, and what it leaves. */
export function keptRows(
  { rows, target, rowWeight }: LinearCrossEntropyPlan,
  size: number,
  planner: Planner,
): KeptRows & { readonly kernel: Dispatch } {
  const count = Math.max(1, rows.outer);
  const kept = { place: planner.scratch(4 * count), counts: planner.scratch(4 * Math.ceil(count / size)) };
  const kernel = dispatch({
    shaders: ["places"],
    flags: rowWeight === undefined ? [] : ["ROW_WEIGHT"],
    constants: { GROUP: planner.group },
    integers: { rows: rows.outer, size, classes: rows.classes },
    ignore: target.ignoreIndex,
    given: new Operands()
      .add("target", target.operand, "in", "targetAt")
      .add("rowWeight", rowWeight)
      .words("place", kept.place, "out")
      .words("counts", kept.counts, "out"),
    groups: Math.ceil(count / size),
  });
  return { ...kept, kernel };
}

/** Rows of a matrix in their places, and dense in f32 together. */
export interface Together {
  /** The matrix, `first` its first row. */
  readonly apart: Operand;
  readonly first: number;
  readonly count: number;
  readonly features: number;
  readonly together: DeviceBuffer;
}

/** Brings the kept rows together; or `"back"`. */
export function moved(
  { apart, first, count, features, together }: Together,
  { place }: KeptRows,
  direction: "together" | "back",
  planner: Planner,
): readonly Dispatch[] {
  const back = direction === "back";
  return elementsOf({ outer: count, classes: features, inner: 1 }, [apart], planner).map(({ rows, from, input }) => {
    const { outer, classes } = rows;
    return dispatch({
      shaders: ["kept-rows"],
      flags: back ? ["BACK"] : [],
      constants: { GROUP: planner.group },
      integers: { rows: outer, columns: classes, features, first: first + from[0], fromColumn: from[1] },
      given: new Operands()
        .words("place", place)
        .words("together", together, back ? "in" : "both")
        .add("apart", input(apart), back ? "out" : "in"),
      groups: Math.ceil((outer * classes) / planner.group),
    });
  });
}
