import type {
  CopyPlan,
  CrossEntropyPlan,
  HostBackend,
  LinearCrossEntropyPlan,
  Operand,
  Plan,
  PointwisePlan,
  Rows,
} from "@surprisal/core";
import type { Stage } from "../report/report.ts";
import { type Elements, elementsOf } from "./elements.ts";

// A defective backend is a real one with one thing changed: a plan before it runs, or the bytes of an output after it ran.

/** A defect that the suite has to find. */
export interface Mutant {
  /** What is wrong with the backend. */
  readonly name: string;
  /** Cases of the suite that must find it. */
  readonly address: string;
  /** How they may find it. */
  readonly stages: readonly [Stage, ...Stage[]];
  readonly mutate: Mutation;
}

/** Makes a defective backend of a sound one. */
export type Mutation = (inner: HostBackend) => HostBackend;

/** A backend that passes everything on, but for `changes`. It has no `wrap`. */
export function inFrontOf(inner: HostBackend, changes: Partial<HostBackend> = {}): HostBackend {
  return {
    name: inner.name,
    maxBufferBytes: inner.maxBufferBytes,
    alloc: (bytes) => inner.alloc(bytes),
    free: (buffer) => inner.free(buffer),
    write: (buffer, bytes) => inner.write(buffer, bytes),
    read: async (buffer, start, end) => inner.read(buffer, start, end),
    view: (buffer) => inner.view(buffer),
    refuses: (plan) => inner.refuses(plan),
    run: (plans) => inner.run(plans),
    describe: () => inner.describe(),
    dispose: () => inner.dispose(),
    ...changes,
  };
}

/** Runs each plan in a way of its own. */
export function running(run: (plan: Plan, inner: HostBackend) => void): Mutation {
  return (inner) =>
    inFrontOf(inner, {
      run(plans) {
        for (const plan of plans) run(plan, inner);
      },
    });
}

/** Changes each plan before it runs. */
export function planned(change: (plan: Plan) => Plan): Mutation {
  return running((plan, inner) => inner.run([change(plan)]));
}

/** Changes each plan of cross entropy before it runs. */
export function plannedLoss(change: (plan: CrossEntropyPlan) => Partial<CrossEntropyPlan>): Mutation {
  return planned((plan) => (plan.kind === "cross-entropy" ? { ...plan, ...change(plan) } : plan));
}

/** Changes each element-wise plan before it runs. */
export function plannedPointwise(change: (plan: PointwisePlan) => Partial<PointwisePlan>): Mutation {
  return planned((plan) => (plan.kind === "pointwise" ? { ...plan, ...change(plan) } : plan));
}

/** Changes each plan of linear cross entropy before it runs. */
export function plannedLinear(change: (plan: LinearCrossEntropyPlan) => Partial<LinearCrossEntropyPlan>): Mutation {
  return planned((plan) => (plan.kind === "linear-cross-entropy" ? { ...plan, ...change(plan) } : plan));
}

/** Gradients by a changed plan, losses by the right one. */
export function wrongGradient(change: (plan: CrossEntropyPlan) => Partial<CrossEntropyPlan>): Mutation {
  return running((plan, inner) => {
    if (plan.kind !== "cross-entropy") return inner.run([plan]);
    inner.run([
      { ...plan, ...change(plan) },
      { ...plan, gradient: undefined, targetGradient: undefined },
    ]);
  });
}

/** Touches the outputs of each plan after it ran, by name. */
export function touched(touch: (output: Elements, name: string, plan: Plan, inner: HostBackend) => void): Mutation {
  return running((plan, inner) => {
    inner.run([plan]);
    for (const { name, operand, rows } of outputsOf(plan)) touch(elementsOf(inner, operand, rows), name, plan, inner);
  });
}

/** Touches the gradient by the logits after cross entropy ran. */
export function touchedGradient(
  touch: (gradient: Elements, plan: CrossEntropyPlan, inner: HostBackend) => void,
): Mutation {
  return touched((output, name, plan, inner) => {
    if (name === "gradient" && plan.kind === "cross-entropy") touch(output, plan, inner);
  });
}

/** Gives every element of every output another value. */
export function rewritten(change: (value: number, output: Elements) => number): Mutation {
  return touched((output) => output.map((value) => change(value, output)));
}

/** An output of a plan. */
export interface Output {
  readonly name: string;
  readonly operand: Operand;
  readonly rows: Rows;
}

const ONE: Rows = { outer: 1, classes: 1, inner: 1 };

/** What a plan writes, but for the mass. */
export function outputsOf(plan: Plan): readonly Output[] {
  const all = "rows" in plan ? plan.rows : ONE;
  const perRow = { ...all, classes: 1 };
  const some = (name: string, operand: Operand | undefined, rows: Rows): Output[] =>
    operand === undefined ? [] : [{ name, operand, rows }];
  switch (plan.kind) {
    case "copy":
      return some("output", plan.output, flat(plan));
    case "one-hot":
      return some("output", plan.output, all);
    case "target-mass":
      return [];
    case "softmax":
      return some("output", plan.output, plan.of === "log-sum-exp" && plan.upstream === undefined ? perRow : all);
    case "cross-entropy":
      return [
        ...some("loss", plan.loss, plan.reduce ? ONE : perRow),
        ...some("gradient", plan.gradient, all),
        ...some("targetGradient", plan.targetGradient, all),
        ...Object.entries(plan.stats ?? {}).flatMap(([name, operand]) => some(name, operand as Operand, perRow)),
      ];
    case "linear-cross-entropy":
      return [
        ...some("loss", plan.loss, plan.reduce ? ONE : perRow),
        ...some("hiddenGradient", plan.hiddenGradient, { ...all, classes: plan.features }),
        ...some("matrixGradient", plan.matrixGradient, { outer: all.classes, classes: plan.features, inner: 1 }),
        ...some("biasGradient", plan.biasGradient, { outer: 1, classes: all.classes, inner: 1 }),
      ];
    case "pointwise":
      return [
        ...some("output", plan.output, { none: all, classes: perRow, total: ONE }[plan.reduce]),
        ...some("gradient", plan.gradient, all),
      ];
    default:
      return plan satisfies never;
  }
}

function flat({ shape }: CopyPlan): Rows {
  return { outer: 1, classes: 1, inner: shape.reduce((size, n) => size * n, 1) };
}

/** Reads what arrives from above. */
export function upstreamOf(inner: HostBackend, plan: CrossEntropyPlan, outer = 0, position = 0): number {
  const { upstream, rows } = plan;
  return typeof upstream === "number" ? upstream : elementsOf(inner, upstream, rows).get(outer, 0, position);
}
