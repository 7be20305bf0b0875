import type { DType, Plan } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { copy } from "./copy.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { linear, linearRefusal } from "./linear.ts";
import { oneHot } from "./one-hot.ts";
import type { Planner } from "./planner.ts";
import { pointwise } from "./pointwise.ts";
import { softmax } from "./softmax.ts";
import { targetMass } from "./target-mass.ts";

/** The kernels of a plan. */
export function dispatchesOf(plan: Plan, planner: Planner): Dispatch[] {
  switch (plan.kind) {
    case "copy":
      return copy(plan, planner);
    case "one-hot":
      return oneHot(plan, planner);
    case "target-mass":
      return targetMass(plan, planner);
    case "softmax":
      return softmax(plan, planner);
    case "cross-entropy":
      return crossEntropy(plan, planner);
    case "pointwise":
      return pointwise(plan, planner);
    case "linear-cross-entropy":
      return linear(plan, planner);
    default:
      return plan satisfies never;
  }
}

/** Why a plan cannot run here. */
export function refusalOf(plan: Plan): string | undefined {
  if (dtypesOf(plan).includes("f64")) return "WebGPU has no f64";
  return plan.kind === "linear-cross-entropy" ? linearRefusal(plan) : undefined;
}

function dtypesOf(plan: Plan): (DType | undefined)[] {
  switch (plan.kind) {
    case "copy":
      return [plan.input.dtype, plan.output.dtype];
    case "one-hot":
      return [plan.output.dtype];
    case "softmax":
      return [plan.input.dtype, plan.upstream?.dtype, plan.output.dtype];
    case "target-mass":
      return [plan.weight?.dtype, plan.rowWeight?.dtype, plan.target.operand.dtype];
    case "cross-entropy": {
      const { logits, target, weight, rowWeight, upstream, loss, gradient, targetGradient } = plan;
      const above = typeof upstream === "number" ? undefined : upstream;
      const all = [logits, target.operand, weight, rowWeight, above, loss, gradient, targetGradient];
      return all.map((operand) => operand?.dtype);
    }
    case "pointwise": {
      const { a, b, weight, positiveWeight, upstream, output, gradient } = plan;
      const above = typeof upstream === "number" ? undefined : upstream;
      return [a, b, weight, positiveWeight, above, output, gradient].map((operand) => operand?.dtype);
    }
    case "linear-cross-entropy": {
      const { hidden, matrix, bias, weight, rowWeight, upstream, loss } = plan;
      const above = typeof upstream === "number" ? undefined : upstream;
      return [hidden, matrix, bias, weight, rowWeight, above, loss].map((operand) => operand?.dtype);
    }
    default:
      return plan satisfies never;
  }
}
