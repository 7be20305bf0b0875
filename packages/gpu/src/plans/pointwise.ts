import type { DeviceBuffer, Operand, PointwisePlan, Rows } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import type { Three } from "./boxes.ts";
import { mostGroupsOf } from "./cross-entropy.ts";
import { elementsOf, numbering, type Piece, piecesOf } from "./pieces.ts";
import { busy, dispatch, IN_FOURS, LANES, Operands, PART_BYTES, type Planner, rowGrid } from "./planner.ts";

/** Elements that an invocation adds up. */
const ELEMENTS = 16;

/** Elements one by one, or rows; then a sum, and what is wrong. */
export function pointwise(plan: PointwisePlan, planner: Planner): Dispatch[] {
  const total = plan.reduce === "total";
  const pieces = piecesFor(plan, planner).map((piece) => ({ piece, part: partOf(plan, piece) }));
  const most = mostGroupsOf(pieces.length, planner);
  const groups = pieces.map(({ part }) => groupsOf(part, most, planner));
  const count = groups.reduce((sum, each) => sum + each, 0);
  const partial = total ? planner.scratch(PART_BYTES * Math.max(1, count)) : undefined;
  let partialAt = 0;
  const kernels = pieces.flatMap(({ piece, part }, k) => {
    const own = kernelsOf(
      part,
      { whole: plan.rows, from: piece.from, partial, partialAt, groups: groups[k] ?? 0 },
      planner,
    );
    partialAt += groups[k] ?? 0;
    return [...piece.before, ...own, ...piece.after];
  });
  if (partial === undefined) return kernels;
  const sum = dispatch({
    shaders: ["group", "total"],
    constants: { GROUP: planner.group },
    integers: { count, kept: 1 },
    numbers: { scale: plan.scale, empty: 0, divisor: 1 },
    given: new Operands().words("partial", partial).add("loss", plan.output, "out"),
    groups: 1,
  });
  return [...kernels, sum];
}

/** Sums along the classes need whole rows; else any elements will do. */
function piecesFor(plan: PointwisePlan, planner: Planner): readonly Piece[] {
  const { rows, a, b, weight, positiveWeight, upstream, output, gradient, reduce } = plan;
  const above = typeof upstream === "number" ? undefined : upstream;
  const result = reduce === "total" ? undefined : output;
  const operands = [a, b, weight, positiveWeight, above, result, gradient];
  return reduce === "classes" ? piecesOf(rows, operands, planner) : elementsOf(rows, operands, planner);
}

/** The plan of some elements. */
function partOf(plan: PointwisePlan, { rows, input, output }: Piece): PointwisePlan {
  const { a, b, weight, positiveWeight, upstream, gradient, reduce } = plan;
  return {
    ...plan,
    rows,
    a: input(a),
    b: input(b),
    weight: input(weight),
    positiveWeight: input(positiveWeight),
    upstream: typeof upstream === "number" ? upstream : input(upstream),
    output: reduce === "total" ? plan.output : output(plan.output),
    gradient: output(gradient),
  };
}

function groupsOf(plan: PointwisePlan, most: number, planner: Planner): number {
  const { rows, a, reduce } = plan;
  if (reduce === "classes") return rowGrid(rows, a, planner).groups;
  const count = rows.outer * rows.classes * rows.inner;
  if (reduce === "none") return Math.ceil(count / (planner.group * (takesFours(plan) ? 4 : 1)));
  const enough = planner.software ? busy(planner) : most;
  return Math.min(most, enough, Math.ceil(count / (planner.group * ELEMENTS)));
}

/** Whether the plan is the binary loss of dense numbers in f32, without weights: then four at a time. */
function takesFours(plan: PointwisePlan): boolean {
  const { term, rows, a, b, weight, positiveWeight, upstream, output, gradient, reduce } = plan;
  const { outer, classes, inner } = rows;
  const count = outer * classes * inner;
  if (term !== "binary-logits" || weight !== undefined || positiveWeight !== undefined || reduce === "classes")
    return false;
  const above = typeof upstream === "number" || gradient === undefined ? undefined : upstream;
  const operands = [a, b, above, gradient, reduce === "total" ? undefined : output];
  const isDense = ({ dtype, offset, strides }: Operand): boolean =>
    IN_FOURS.has(dtype) &&
    offset % 4 === 0 &&
    (inner === 1 || strides[2] === 1) &&
    (classes === 1 || strides[1] === inner) &&
    (outer === 1 || strides[0] === classes * inner);
  return count % 4 === 0 && operands.every((operand) => operand === undefined || isDense(operand));
}

/** Where some elements belong. */
interface Place {
  readonly whole: Rows;
  readonly from: Three;
  readonly partial: DeviceBuffer | undefined;
  readonly partialAt: number;
  readonly groups: number;
}

function kernelsOf(
  plan: PointwisePlan,
  { whole, from, partial, partialAt, groups }: Place,
  planner: Planner,
): readonly Dispatch[] {
  const { term, rows, a, b, weight, positiveWeight, upstream, gradient, reduce, output } = plan;
  const { group } = planner;
  const grid = reduce === "classes" ? rowGrid(rows, a, planner) : undefined;
  const above = typeof upstream === "number" || gradient === undefined ? undefined : upstream;
  const fours = takesFours(plan);
  const conditions = {
    [term.toUpperCase().replaceAll("-", "_")]: true,
    STRICT: plan.strict,
    B: b !== undefined,
    WEIGHT: weight !== undefined,
    POSITIVE_WEIGHT: positiveWeight !== undefined,
    UPSTREAM: above !== undefined,
    OUT_GRADIENT: gradient !== undefined,
    TOTAL: partial !== undefined,
    CLASSES: grid !== undefined,
    FOURS: fours,
  };
  const given = new Operands();
  given.add("a", a, "in", "a", fours).add("b", b, "in", "b", fours);
  given.add("weight", weight).add("positiveWeight", positiveWeight).add("upstream", above, "in", "upstream", fours);
  given.add("gradient", gradient, "out", "gradient", fours);
  if (partial === undefined) given.add("output", output, "out", "output", fours);
  else given.words("partial", partial, "out");
  const checks = term === "binary-probabilities";
  if (checks) given.status(planner);
  const { outer, classes, inner } = rows;
  const count = outer * classes * inner;
  const integers = {
    count,
    outer,
    classes,
    inner,
    stride: groups * group,
    partialAt,
    ...numbering(whole, from),
    slot: planner.slot,
  };
  const kernel = dispatch({
    shaders:
      grid === undefined
        ? ["group", "pointwise", ...(fours ? (["fours", "four-elements"] as const) : [])]
        : ["fours", ...LANES, "pointwise", "rows"],
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
    groups,
  });
  if (!checks) return [kernel];
  const explained = new Operands().add("a", a).status(planner);
  return [kernel, dispatch({ shaders: ["explain-value"], integers, given: explained, groups: 1 })];
}
