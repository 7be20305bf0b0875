import type { DType, Operand, Plan, Rows } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { copy } from "./copy.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { linear, linearRefusal } from "./linear.ts";
import { oneHot } from "./one-hot.ts";
import { rowFits } from "./pieces.ts";
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

/** Why a plan cannot run here, where no more than `mostBytes` of a buffer can be bound. */
export function refusalOf(plan: Plan, mostBytes: number): string | undefined {
  if (dtypesOf(plan).includes("f64")) return "WebGPU has no f64";
  if (plan.kind === "linear-cross-entropy") return linearRefusal(plan, mostBytes);
  const wide = wideOf(plan);
  if (wide === undefined || rowFits(wide.rows, wide.operand, mostBytes)) return undefined;
  return `this device binds ${mostBytes} bytes at a time, which a row of ${wide.rows.classes} classes exceeds`;
}

/** Of a plan over whole rows, the rows. */
function wideOf(plan: Plan): { readonly rows: Rows; readonly operand: Operand } | undefined {
  if (plan.kind === "cross-entropy") return { rows: plan.rows, operand: plan.logits };
  if (plan.kind === "softmax") return { rows: plan.rows, operand: plan.input };
  return plan.kind === "pointwise" && plan.reduce === "classes" ? { rows: plan.rows, operand: plan.a } : undefined;
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
