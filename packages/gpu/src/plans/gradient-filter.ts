import { type DeviceBuffer, FILTER_CLASSES, type GradientFilter, type LinearCrossEntropyPlan } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import type { KeptRows } from "./kept-rows.ts";
import type { TileFilter } from "./product.ts";
import { dispatch, Operands, type Planner } from "./planner.ts";

// The gradient filter of the linear layer: before cross entropy it looks at a block's logits, and marks spans of classes; after it their
// gradients become 0, and products pass over tiles that have no others.

/** Marks and memory of a filter. */
export interface Filtering {
  readonly filter: GradientFilter;
  /** Two words for each span of each row of a block: of the kept row r and the span k, word 2·(r·spans + k) says whether it is left out. */
  readonly spans: DeviceBuffer;
  /** What was left out of each row, in f32. */
  readonly masses: DeviceBuffer;
}

const SPAN_BYTES = 8;

/** Spans of a row. */
function spansOf({ rows }: LinearCrossEntropyPlan): number {
  return Math.ceil(rows.classes / FILTER_CLASSES);
}

/** Bytes for each row of a block, and for each row of all. */
export function filterBytes(plan: LinearCrossEntropyPlan): { readonly perBlockRow: number; readonly perRow: number } {
  if (plan.filter === undefined) return { perBlockRow: 0, perRow: 0 };
  return { perBlockRow: SPAN_BYTES * spansOf(plan), perRow: 4 };
}

/** Memory of a plan's filter, if it has one, for blocks of so many rows. */
export function filteringOf(plan: LinearCrossEntropyPlan, blockRows: number, planner: Planner): Filtering | undefined {
  const { filter, rows } = plan;
  if (filter === undefined) return undefined;
  const spans = planner.scratch(SPAN_BYTES * blockRows * Math.max(1, spansOf(plan)));
  return { filter, spans, masses: planner.scratch(4 * Math.max(1, rows.outer)) };
}

/** For products with the gradient of a block's logits, whose rows lie along a dimension. */
export function tileFilter(
  plan: LinearCrossEntropyPlan,
  marks: Filtering | undefined,
  rows: TileFilter["rows"],
): TileFilter | undefined {
  return marks && { rows, marks: marks.spans, spans: spansOf(plan), firstRow: 0, firstClass: 0 };
}

/** The block's rows `first …`, count of them. */
interface BlockOfRows {
  readonly number: number;
  readonly first: number;
  readonly count: number;
}

/** Marks the spans of a block's logits. */
export function marked(
  plan: LinearCrossEntropyPlan,
  { filter, spans, masses }: Filtering,
  { place }: KeptRows,
  slopes: DeviceBuffer,
  { first, count }: BlockOfRows,
  planner: Planner,
): Dispatch {
  const { rows, target, logitScale, softcap } = plan;
  const transforms = logitScale !== 1 || softcap !== 0;
  return dispatch({
    shaders: ["transform", "gradient-filter"],
    flags: [...(transforms ? ["TRANSFORM"] : []), ...(softcap === 0 ? [] : ["SOFTCAP"])],
    constants: { LANES: planner.lanes, SPAN: FILTER_CLASSES },
    integers: { rows: count, classes: rows.classes, first },
    numbers: { bound: filter.bound, logitScale, softcap },
    given: new Operands()
      .add("target", target.operand, "in", "targetAt")
      .words("place", place)
      .words("slopes", slopes)
      .words("spans", spans, "both")
      .words("masses", masses, "out"),
    groups: count,
  });
}

/** Sets the gradients of what was marked to 0. */
export function cleared(
  plan: LinearCrossEntropyPlan,
  { spans }: Filtering,
  { counts }: KeptRows,
  slopes: DeviceBuffer,
  { number, count }: BlockOfRows,
  planner: Planner,
): Dispatch {
  return dispatch({
    shaders: ["filtered-slopes"],
    constants: { GROUP: planner.group, SPAN: FILTER_CLASSES },
    integers: { block: number, classes: plan.rows.classes },
    given: new Operands().words("counts", counts).words("spans", spans).words("slopes", slopes, "both"),
    groups: Math.ceil((count * spansOf(plan)) / planner.group),
  });
}

/** Adds up what was left out. */
export function discarded({ rows }: LinearCrossEntropyPlan, { filter, masses }: Filtering, planner: Planner): Dispatch {
  return dispatch({
    shaders: ["discarded"],
    constants: { LANES: planner.lanes },
    integers: { rows: rows.classes === 0 ? 0 : rows.outer }, // of no class nothing was marked
    given: new Operands().words("masses", masses).add("discarded", filter.discarded, "out"),
    groups: 1,
  });
}
