import type { PointwisePlan } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { dispatch, Operands, PART_BYTES, type Planner, rowGrid } from "./planner.ts";

/** Elements that an invocation adds up. */
const ELEMENTS = 16;

/** Elements one by one, or rows; then a sum, and what is wrong. */
export function pointwise(plan: PointwisePlan, planner: Planner): Dispatch[] {
  const { term, rows, a, b, weight, positiveWeight, upstream, gradient, reduce, output } = plan;
  const { group } = planner;
  const count = rows.outer * rows.classes * rows.inner;
  const total = reduce === "total";
  const groups = Math.ceil(count / (group * (total ? ELEMENTS : 1)));
  const grid = reduce === "classes" ? rowGrid(rows, a, planner) : undefined;
  const partial = total ? planner.scratch(PART_BYTES * Math.max(1, groups)) : undefined;
  const above = typeof upstream === "number" || gradient === undefined ? undefined : upstream;
  const conditions = {
    [term.toUpperCase().replaceAll("-", "_")]: true,
    STRICT: plan.strict,
    B: b !== undefined,
    WEIGHT: weight !== undefined,
    POSITIVE_WEIGHT: positiveWeight !== undefined,
    UPSTREAM: above !== undefined,
    OUT_GRADIENT: gradient !== undefined,
    TOTAL: total,
    CLASSES: grid !== undefined,
  };
  const given = new Operands();
  given.add("a", a).add("b", b).add("weight", weight).add("positiveWeight", positiveWeight).add("upstream", above);
  given.add("gradient", gradient, "out");
  if (partial === undefined) given.add("output", output, "out");
  else given.words("partial", partial, "out");
  const checks = term === "binary-probabilities";
  if (checks) given.status(planner);
  const integers = { count, classes: rows.classes, inner: rows.inner, stride: groups * group, slot: planner.slot };
  const kernels = [
    dispatch({
      shaders: grid === undefined ? ["group", "pointwise"] : ["lanes", "pointwise", "rows"],
      flags: [...Object.entries(conditions).flatMap(([name, holds]) => (holds ? [name] : [])), ...(grid?.flags ?? [])],
      constants: grid?.constants ?? { GROUP: group },
      integers: { ...integers, ...grid?.integers },
      given,
      numbers: {
        alpha: plan.alpha,
        gamma: plan.gamma,
        scale: plan.scale,
        upstreamNumber: typeof upstream === "number" ? upstream : NaN,
      },
      groups: grid?.groups ?? groups,
    }),
  ];
  if (checks)
    kernels.push(
      dispatch({ shaders: ["explain-value"], integers, given: new Operands().add("a", a).status(planner), groups: 1 }),
    );
  if (partial !== undefined) {
    kernels.push(
      dispatch({
        shaders: ["group", "total"],
        constants: { GROUP: group },
        integers: { count: groups, kept: 1 },
        numbers: { scale: plan.scale, empty: 0, divisor: 1 },
        given: new Operands().words("partial", partial).add("loss", output, "out"),
        groups: 1,
      }),
    );
  }
  return kernels;
}
