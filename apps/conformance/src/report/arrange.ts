import type { Cell, Failure, LaneReport, Refusal } from "./report.ts";

// What both reports, the terminal's and the page's, put in order the same way.

const DTYPES: readonly string[] = ["f32", "f64", "f16", "bf16"];

/** A reason for refusals, in how many cases, and of which operations. */
export interface RefusalReason {
  readonly reason: string;
  readonly cases: number;
  readonly operations: readonly string[];
}

/** All operations that the lanes have cells of, in the order of the first lane that has them. */
export function operationsOf(lanes: readonly LaneReport[]): string[] {
  return [...new Set(lanes.flatMap((lane) => lane.cells.map((cell) => cell.operation)))];
}

/** The dtypes of a lane's cells, the usual ones first. */
export function dtypesOf(lane: LaneReport): string[] {
  const own = new Set(lane.cells.map((cell) => cell.dtype));
  const known = DTYPES.filter((dtype) => own.has(dtype));
  return [...new Set([...known, ...own])];
}

/** The cell of an operation and a dtype. */
export function cellOf(lane: LaneReport, operation: string, dtype: string): Cell | undefined {
  return lane.cells.find((cell) => cell.operation === operation && cell.dtype === dtype);
}

/** Refusals by their reason, the one of most cases first. */
export function refusalReasons(refusals: readonly Refusal[]): RefusalReason[] {
  const reasons = [...new Set(refusals.map(({ reason }) => reason))].map((reason) => {
    const group = refusals.filter((refusal) => refusal.reason === reason);
    const operations = [...new Set(group.map(({ operation }) => operation))];
    return { reason, operations, cases: group.reduce((sum, { cases }) => sum + cases, 0) };
  });
  return reasons.toSorted((a, b) => b.cases - a.cases);
}

/** The failures that say most, if only some can be shown: one of each operation and stage before a second one. */
export function tellingFailures(failures: readonly Failure[], limit: number): Failure[] {
  const seen = new Map<string, number>();
  const ranked = failures.map((failure) => {
    const kind = `${failure.operation} ${failure.stage}`;
    const rank = seen.get(kind) ?? 0;
    seen.set(kind, rank + 1);
    return { failure, rank };
  });
  return ranked
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map(({ failure }) => failure);
}
