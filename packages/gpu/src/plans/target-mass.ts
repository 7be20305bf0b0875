import type { DeviceBuffer, TargetMassPlan } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { numbering, type Piece, piecesOf } from "./pieces.ts";
import { busy, dispatch, Operands, type Planner } from "./planner.ts";

/** Rows that an invocation takes, before there are more workgroups. */
const ROWS = 16;

/** Parts by many workgroups; then all parts. */
export function targetMass(plan: TargetMassPlan, planner: Planner): Dispatch[] {
  const { rows, target, rowWeight, mustKeep, mass } = plan;
  const index = target.kind === "index";
  const labels = index ? target.operand : undefined;
  const pieces = piecesOf(rows, [labels, rowWeight], planner);
  const groups = pieces.map((piece) => groupsOf(piece, planner));
  const count = groups.reduce((sum, each) => sum + each, 0);
  const parts = planner.scratch(count * 16);
  let partialAt = 0;
  const kernels = pieces.map((piece, k) => {
    const kernel = partsOf(plan, piece, parts, partialAt, planner);
    partialAt += groups[k] ?? 0;
    return kernel;
  });
  const [only] = pieces;
  const explains = index && pieces.length === 1;
  const sum = dispatch({
    shaders: ["group", "target-mass"],
    constants: { GROUP: planner.group },
    flags: [...(explains ? ["INDEX"] : []), ...(mustKeep ? ["MUST_KEEP"] : [])],
    integers: { count, inner: rows.inner, slot: planner.slot },
    given: new Operands()
      .add("target", explains ? only?.input(labels) : undefined, "in", "targetAt")
      .words("partial", parts)
      .words("mass", mass.buffer, "out")
      .status(planner),
    groups: 1,
  });
  if (!index || explains) return [...kernels, sum];
  const explained = pieces.map((piece) => {
    const { outer, inner } = piece.rows;
    return dispatch({
      shaders: ["explain"],
      integers: { outer, inner, ...numbering(rows, piece.from), slot: planner.slot },
      given: new Operands().add("indices", piece.input(labels)).status(planner),
      groups: 1,
    });
  });
  return [...kernels, ...explained, sum];
}

function groupsOf({ rows: { outer, inner } }: Piece, planner: Planner): number {
  return Math.max(1, Math.min(busy(planner), Math.ceil((outer * inner) / (planner.group * ROWS))));
}

function partsOf(
  plan: TargetMassPlan,
  piece: Piece,
  parts: DeviceBuffer,
  partialAt: number,
  planner: Planner,
): Dispatch {
  const { rows, target, weight, rowWeight } = plan;
  const index = target.kind === "index";
  const { outer, inner } = piece.rows;
  return dispatch({
    ignore: index ? target.ignoreIndex : 0,
    shaders: ["group", "ignored", "target-mass"],
    flags: [
      ...(index ? ["INDEX"] : []),
      "PARTS",
      ...(rowWeight ? ["ROW_WEIGHT"] : []),
      ...(weight ? ["WEIGHT"] : []),
      ...((rowWeight ?? weight) ? ["WEIGHTED"] : []),
    ],
    constants: { GROUP: planner.group },
    integers: {
      rows: outer * inner,
      inner,
      ...numbering(rows, piece.from),
      classes: rows.classes,
      partialAt,
      slot: planner.slot,
    },
    given: new Operands()
      .add("target", index ? piece.input(target.operand) : undefined, "in", "targetAt")
      .add("weight", index ? weight : undefined)
      .add("rowWeight", piece.input(rowWeight))
      .words("partial", parts, "out")
      .status(planner),
    groups: groupsOf(piece, planner),
  });
}
