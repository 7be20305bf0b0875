import type { CrossEntropyPlan, LossNumbers, Operand } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { dispatch, Operands, PART_BYTES, type Planner, rowGrid } from "./planner.ts";

/** The loss with its gradient in one kernel; the target's gradient and statistics in others; a sum at the end. */
export function crossEntropy(plan: CrossEntropyPlan, planner: Planner): Dispatch[] {
  const { reduce, gradient, targetGradient, stats, rows } = plan;
  const grid = rowGrid(rows, plan.logits, planner);
  const partial = reduce ? planner.scratch(PART_BYTES * Math.max(1, grid.groups)) : undefined;
  // The target's gradient before the logits', which may take their place.
  const kernels: Dispatch[] = [];
  if (targetGradient !== undefined) {
    kernels.push(pass(plan, planner, ["OUT_TARGET_GRADIENT"], (to) => to.add("targetGradient", targetGradient, "out")));
  }
  if (stats !== undefined) {
    const three = (first: Operand, second: Operand, third: Operand) => (to: Operands) =>
      to.add("first", first, "out").add("second", second, "out").add("third", third, "out");
    kernels.push(
      pass(plan, planner, ["OUT_STATS"], three(stats.max, stats.logSum, stats.entropy)),
      pass(plan, planner, ["OUT_STATS", "WHOLE_STATISTICS"], three(stats.predicted, stats.rank, stats.probability)),
    );
  }
  const flags = [reduce ? "OUT_PARTIAL" : "OUT_LOSS", ...(gradient ? ["OUT_GRADIENT"] : [])];
  kernels.push(
    pass(plan, planner, flags, (to) => {
      if (partial === undefined) to.add("loss", plan.loss, "out");
      else to.words("partial", partial, "out");
      return gradient?.buffer === plan.logits.buffer ? to : to.add("gradient", gradient, "out");
    }),
  );
  if (partial !== undefined) kernels.push(total(plan, partial, grid.groups, planner));
  return kernels;
}

/** One kernel over all rows, with what it writes as flags and operands; parts of the sum go to `partialAt` and on. */
export function pass(
  plan: CrossEntropyPlan,
  planner: Planner,
  outputs: readonly string[],
  addOutputs: (to: Operands) => Operands,
  partialAt: number = 0,
): Dispatch {
  const { rows, logits, target, weight, rowWeight, upstream, divisor, gradient } = plan;
  const grid = rowGrid(rows, logits, planner);
  const index = target.kind === "index";
  const backward = outputs.includes("OUT_GRADIENT") || outputs.includes("OUT_TARGET_GRADIENT");
  const inPlace = outputs.includes("OUT_GRADIENT") && gradient?.buffer === logits.buffer;
  const above = backward && typeof upstream !== "number" ? upstream : undefined;
  const mass = backward && typeof divisor !== "number" ? divisor.buffer : undefined;
  const conditions = {
    INDEX: index,
    SPREAD: !index || plan.base !== 0,
    WEIGHT: weight !== undefined,
    ROW_WEIGHT: rowWeight !== undefined,
    TRANSFORM: plan.logitScale !== 1 || plan.softcap !== 0,
    SOFTCAP: plan.softcap !== 0,
    FOCAL: plan.focalGamma !== 0,
    Z_LOSS: plan.zLoss !== 0,
    NORMALIZED: plan.normalized,
    STRICT: plan.strict,
    UPSTREAM: above !== undefined,
    MASS: mass !== undefined,
    IN_PLACE: inPlace,
  };
  const flags = Object.entries(conditions).flatMap(([name, holds]) => (holds ? [name] : []));
  const given = new Operands();
  given.add("logits", logits, inPlace ? "both" : "in");
  if (inPlace) alias(given, gradient);
  given.add("target", target.operand, "in", "targetAt").add("weight", weight).add("rowWeight", rowWeight);
  given.add("upstream", above).words("mass", mass);
  return dispatch({
    shaders: inPlace ? ["lanes", "group", "in-place", "cross-entropy"] : ["lanes", "group", "cross-entropy"],
    ...grid,
    integers: { ...grid.integers, partialAt },
    flags: [...grid.flags, ...flags, ...outputs],
    given: addOutputs(given),
    numbers: {
      hot: plan.hot,
      base: plan.base,
      logitScale: plan.logitScale,
      softcap: plan.softcap,
      zLoss: plan.zLoss,
      gamma: plan.focalGamma,
      divisor: typeof divisor === "number" ? divisor : NaN,
      upstreamNumber: typeof upstream === "number" ? upstream : NaN,
    },
    ignore: index ? target.ignoreIndex : 0,
  });
}

/** The gradient lies where the logits do, under its own name. */
function alias(given: Operands, gradient: Operand | undefined): void {
  if (gradient !== undefined) given.operands["gradient"] = gradient;
}

/** The sum of all parts, over the divisor. */
export function total(
  { loss, divisor, empty, strict, base }: LossNumbers & { readonly loss: Operand },
  partial: Operand["buffer"],
  count: number,
  { group }: Planner,
): Dispatch {
  const number = typeof divisor === "number";
  return dispatch({
    shaders: ["group", "total"],
    flags: [...(number ? [] : ["MASS"]), ...(strict ? ["STRICT"] : []), ...(strict && base !== 0 ? ["PARTS"] : [])],
    constants: { GROUP: group },
    integers: { count, kept: number && divisor === 0 ? 0 : 1 },
    numbers: { scale: 1, empty, divisor: number ? divisor : NaN },
    given: new Operands()
      .words("partial", partial)
      .words("mass", number ? undefined : divisor.buffer)
      .add("loss", loss, "out"),
    groups: 1,
  });
}
