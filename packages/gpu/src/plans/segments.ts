import type { DeviceBuffer, Operand, Rows } from "@surprisal/core";
import { busy, type Planner, type RowGrid, sharesRows } from "./planner.ts";

// Few long rows would leave most of a device without work. Several workgroups share each of them then (segments.wgsl): one kernel leaves
// what each has seen, and the next begins with that.

/** A segment has at least so many classes. A guess: on a card it is not measured. */
const SEGMENT_CLASSES = 2048;

/** What a segment leaves: nine words. */
const SEGMENT_BYTES = 36;

/** Bytes that segments of a row leave, at most. */
export function mostSegmentBytes({ classes }: Pick<Rows, "classes">): number {
  return SEGMENT_BYTES * Math.floor(classes / SEGMENT_CLASSES);
}

/** Workgroups that share a row; 1: none do. */
export function segmentsOf(rows: Rows, operand: Pick<Operand, "strides">, planner: Planner): number {
  if (!sharesRows(rows, operand, planner)) return 1;
  const count = rows.outer * rows.inner;
  const wanted = Math.floor(busy(planner) / (2 * count));
  const most = Math.min(planner.lanes, Math.floor(planner.mostBytes / (SEGMENT_BYTES * count)));
  return Math.max(1, Math.min(wanted, most, Math.floor(rows.classes / SEGMENT_CLASSES)));
}

/** Rows in segments: the grid of what looks at them, and of what begins with that; `writes`: each segment its own classes. */
export interface SegmentGrids {
  readonly memory: DeviceBuffer;
  readonly look: RowGrid;
  readonly finish: RowGrid;
}

/** How two kernels go through rows in segments, and the memory between them. */
export function segmentGrids(all: Rows, segments: number, writes: boolean, planner: Planner): SegmentGrids {
  const { outer, classes, inner } = all;
  const rows = outer * inner;
  const grid = (shares: number, flag: string): RowGrid => ({
    flags: ["MANY", "SEGMENTS", flag],
    constants: { LANES: planner.lanes },
    integers: { rows, classes, inner, segments, shares },
    groups: rows * shares,
  });
  return {
    memory: planner.scratch(SEGMENT_BYTES * rows * segments),
    look: grid(segments, "OUT_SEGMENTS"),
    finish: grid(writes ? segments : 1, "FROM_SEGMENTS"),
  };
}
