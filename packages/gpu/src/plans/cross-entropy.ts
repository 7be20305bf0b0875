import type { CrossEntropyPlan, DeviceBuffer, LossNumbers, Operand } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { type Piece, piecesOf } from "./pieces.ts";
import {
  dispatch,
  isInFours,
  LANES,
  Operands,
  PART_BYTES,
  type Planner,
  rowGrid,
  type RowGrid,
  sharesRows,
} from "./planner.ts";
import { segmentGrids, segmentsOf } from "./segments.ts";

/** Piece by piece the loss with its gradient; a sum at the end. */
export function crossEntropy(plan: CrossEntropyPlan, planner: Planner): Dispatch[] {
  const pieces = piecesOf(plan.rows, operandsOf(plan), planner).map((piece) => ({ piece, part: partOf(plan, piece) }));
  const most = mostGroupsOf(pieces.length, planner);
  const groups = pieces.map(({ part }) => partsOfSum(part, planner, { mostGroups: most }));
  const count = groups.reduce((sum, each) => sum + each, 0);
  const partial = plan.reduce ? planner.scratch(PART_BYTES * Math.max(1, count)) : undefined;
  let partialAt = 0;
  const kernels = pieces.flatMap(({ piece, part }, k) => {
    const own = kernelsOf(part, partial && { buffer: partial, at: partialAt, mostGroups: most }, planner);
    partialAt += groups[k] ?? 0;
    return [...piece.before, ...own, ...piece.after];
  });
  return partial === undefined ? kernels : [...kernels, total(plan, partial, count, planner)];
}

function operandsOf({ logits, target, rowWeight, upstream, loss, ...plan }: CrossEntropyPlan): (Operand | undefined)[] {
  const above = typeof upstream === "number" ? undefined : upstream;
  const stats = plan.stats === undefined ? [] : Object.values({ ...plan.stats });
  return [logits, target.operand, rowWeight, above, loss, plan.gradient, plan.targetGradient, ...stats];
}

/** The plan of some rows. */
function partOf(plan: CrossEntropyPlan, { rows, input, output }: Piece): CrossEntropyPlan {
  const { logits, target, rowWeight, upstream, stats } = plan;
  return {
    ...plan,
    rows,
    logits: input(logits),
    target: { ...target, operand: input(target.operand) },
    rowWeight: input(rowWeight),
    upstream: typeof upstream === "number" ? upstream : input(upstream),
    loss: plan.reduce ? plan.loss : output(plan.loss),
    stats: stats && {
      max: output(stats.max),
      logSum: output(stats.logSum),
      predicted: output(stats.predicted),
      rank: output(stats.rank),
      entropy: output(stats.entropy),
      probability: output(stats.probability),
    },
    gradient: output(plan.gradient),
    targetGradient: output(plan.targetGradient),
  };
}

/** Where a kernel's workgroups leave their parts of the sum: from number `at` on. */
export interface Partial {
  readonly buffer: DeviceBuffer;
  readonly at: number;
  readonly mostGroups: number;
}

/** Workgroups of each piece whose parts of the sum can be bound together. */
export function mostGroupsOf(pieces: number, { mostBytes }: Planner): number {
  return Math.max(1, Math.floor(mostBytes / (PART_BYTES * pieces)));
}

/** The loss with its gradient in one kernel; the target's gradient and statistics in others. */
function kernelsOf(plan: CrossEntropyPlan, partial: Partial | undefined, planner: Planner): Dispatch[] {
  const { gradient, targetGradient, stats } = plan;
  // The target's gradient before the logits', which may take their place.
  const kernels: Dispatch[] = [];
  if (targetGradient !== undefined) {
    kernels.push(
      pass(plan, planner, {
        flags: ["OUT_TARGET_GRADIENT"],
        add: (to) => to.add("targetGradient", targetGradient, "out"),
      }),
    );
  }
  if (stats !== undefined) {
    const three = (first: Operand, second: Operand, third: Operand) => (to: Operands) =>
      to.add("first", first, "out").add("second", second, "out").add("third", third, "out");
    kernels.push(
      pass(plan, planner, { flags: ["OUT_STATS"], add: three(stats.max, stats.logSum, stats.entropy) }),
      pass(plan, planner, {
        flags: ["OUT_STATS", "WHOLE_STATISTICS"],
        add: three(stats.predicted, stats.rank, stats.probability),
      }),
    );
  }
  const flags = [partial === undefined ? "OUT_LOSS" : "OUT_PARTIAL", ...(gradient ? ["OUT_GRADIENT"] : [])];
  const add: Output["add"] = (to, fours) => {
    if (partial === undefined) to.add("loss", plan.loss, "out");
    else to.words("partial", partial.buffer, "out");
    return gradient?.buffer === plan.logits.buffer ? to : to.add("gradient", gradient, "out", "gradient", fours);
  };
  return [...kernels, ...lossPasses(plan, planner, { flags, add, partial })];
}

/** What the kernel of four rows at a time can write. */
const OF_FOUR_ROWS: ReadonlySet<string> = new Set(["OUT_LOSS", "OUT_PARTIAL", "OUT_GRADIENT"]);

/** Whether the plan is the loss of an index and of logits as they are: then its kernels can take four numbers at a time. */
function isPlain({ target, base, logitScale, softcap, normalized }: CrossEntropyPlan): boolean {
  return target.kind === "index" && base === 0 && logitScale === 1 && softcap === 0 && !normalized;
}

/** Whether it is the plain loss, in f32, of neighbouring rows that have one invocation each: then it takes four of these at a time. */
function takesFourRows(plan: CrossEntropyPlan, planner: Planner, places?: Output["places"]): boolean {
  const { rows, logits, focalGamma, zLoss, gradient } = plan;
  if (!isPlain(plan) || places !== undefined || focalGamma !== 0 || zLoss !== 0 || rows.outer * rows.inner < 4)
    return false;
  return logits.dtype === "f32" && (gradient ?? logits).dtype === "f32" && !sharesRows(rows, logits, planner);
}

function gridOf(
  { rows, logits }: CrossEntropyPlan,
  planner: Planner,
  fourRows: boolean,
  mostGroups = Infinity,
): RowGrid {
  return rowGrid(rows, logits, planner, { mostGroups, multiple: fourRows ? 4 : 1 });
}

/** What a kernel over rows writes. */
interface Output {
  readonly flags: readonly string[];
  /** Adds it to the operands; numbers of f32 by fours, or not. */
  readonly add: (to: Operands, fours: boolean) => Operands;
  readonly partial?: Partial | undefined;
  /** Where rows are among those that there are logits of; from row `at` on. */
  readonly places?: { readonly buffer: DeviceBuffer; readonly at: number };
  /** How it goes through the rows, if not as `gridOf` has it. */
  readonly grid?: RowGrid;
}

/** Workgroups that share a row of the loss. */
function segmentsOfLoss(plan: CrossEntropyPlan, planner: Planner, mostParts: number): number {
  const { rows, logits, target, base, normalized, strict } = plan;
  const spread = target.kind !== "index" || base !== 0;
  // PyTorch's own differences take a second look at a row, once its largest logit is known.
  if (normalized || (strict && spread) || rows.outer * rows.inner > mostParts) return 1;
  return segmentsOf(rows, logits, planner);
}

/** How many parts of the sum the kernels of the loss leave. */
export function partsOfSum(
  plan: CrossEntropyPlan,
  planner: Planner,
  { mostGroups, places }: Pick<Partial, "mostGroups"> & Pick<Output, "places">,
): number {
  const { rows } = plan;
  if (segmentsOfLoss(plan, planner, mostGroups) > 1) return rows.outer * rows.inner;
  return gridOf(plan, planner, takesFourRows(plan, planner, places), mostGroups).groups;
}

/** The loss of all rows, with its gradient: one kernel, or two where rows are few and long. */
export function lossPasses(plan: CrossEntropyPlan, planner: Planner, output: Output): Dispatch[] {
  const segments = segmentsOfLoss(plan, planner, output.partial?.mostGroups ?? Infinity);
  if (segments === 1) return [pass(plan, planner, output)];
  const { look, finish, memory } = segmentGrids(plan.rows, segments, output.flags.includes("OUT_GRADIENT"), planner);
  return [
    pass(plan, planner, { ...output, flags: [], add: (to) => to.words("segments", memory, "out"), grid: look }),
    pass(plan, planner, {
      ...output,
      add: (to, fours) => output.add(to, fours).words("segments", memory),
      grid: finish,
    }),
  ];
}

/** One kernel over all rows, with what it writes as flags and operands. */
function pass(
  plan: CrossEntropyPlan,
  planner: Planner,
  { flags: outputs, add, partial, places, grid: given }: Output,
): Dispatch {
  const { rows, logits, target, weight, rowWeight, upstream, divisor, gradient } = plan;
  const fourRows = takesFourRows(plan, planner, places) && outputs.every((each) => OF_FOUR_ROWS.has(each));
  const grid = given ?? gridOf(plan, planner, fourRows, partial?.mostGroups);
  const index = target.kind === "index";
  const backward = outputs.includes("OUT_GRADIENT") || outputs.includes("OUT_TARGET_GRADIENT");
  const plain = isPlain(plan);
  const along = fourRows ? "inner" : "classes";
  const fours = plain && [logits, gradient].every((operand) => isInFours(operand, rows, along));
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
    PLACED: places !== undefined,
    FOUR_ROWS: fourRows,
    NEIGHBOURS: fourRows && fours,
    FOURS: !fourRows && fours,
    IN_FOURS: fours,
    PLAIN: plain && !fourRows,
  };
  const flags = Object.entries(conditions).flatMap(([name, holds]) => (holds ? [name] : []));
  const operands = new Operands();
  operands.add("logits", logits, inPlace ? "both" : "in", "logits", fours);
  if (inPlace) alias(operands, gradient);
  operands.add("target", target.operand, "in", "targetAt").add("weight", weight).add("rowWeight", rowWeight);
  operands.add("upstream", above).words("mass", mass).words("place", places?.buffer);
  return dispatch({
    shaders: [
      "fours",
      ...LANES,
      "scan",
      "segments",
      "group",
      ...(inPlace ? (["in-place"] as const) : []),
      "spread",
      "transform",
      "cross-entropy",
      ...(fourRows ? (["ignored", "four-rows"] as const) : []),
    ],
    ...grid,
    integers: { ...grid.integers, partialAt: partial?.at ?? 0, placeAt: places?.at ?? 0 },
    flags: [...grid.flags, ...flags, ...outputs],
    given: add(operands, fours),
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
