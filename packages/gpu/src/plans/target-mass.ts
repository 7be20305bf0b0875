import type { TargetMassPlan } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { dispatch, Operands, type Planner } from "./planner.ts";

const MOST_PARTS = 1024;
/** Rows that an invocation takes, before there are more workgroups. */
const ROWS = 16;

/** Parts by many workgroups; then all parts. */
export function targetMass(plan: TargetMassPlan, planner: Planner): Dispatch[] {
  const { rows, target, weight, rowWeight, mustKeep, mass } = plan;
  const count = rows.outer * rows.inner;
  const groups = Math.max(1, Math.min(MOST_PARTS, Math.ceil(count / (planner.group * ROWS))));
  const parts = planner.scratch(groups * 16);
  const index = target.kind === "index";
  const integers = { rows: count, classes: rows.classes, inner: rows.inner, slot: planner.slot };
  const labels = index ? target.operand : undefined;
  const common = { ignore: index ? target.ignoreIndex : 0 };
  const flags = index ? ["INDEX"] : [];
  return [
    dispatch({
      ...common,
      shaders: ["group", "target-mass"],
      flags: [
        ...flags,
        "PARTS",
        ...(rowWeight ? ["ROW_WEIGHT"] : []),
        ...(weight ? ["WEIGHT"] : []),
        ...((rowWeight ?? weight) ? ["WEIGHTED"] : []),
      ],
      constants: { GROUP: planner.group },
      integers,
      given: new Operands()
        .add("target", labels, "in", "targetAt")
        .add("weight", index ? weight : undefined)
        .add("rowWeight", rowWeight)
        .words("partial", parts, "out")
        .status(planner),
      groups,
    }),
    dispatch({
      ...common,
      shaders: ["target-mass"],
      flags: [...flags, ...(mustKeep ? ["MUST_KEEP"] : [])],
      integers: { ...integers, count: groups },
      given: new Operands()
        .add("target", labels, "in", "targetAt")
        .words("partial", parts)
        .words("mass", mass.buffer, "out")
        .status(planner),
      groups: 1,
    }),
  ];
}
