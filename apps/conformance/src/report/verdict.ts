import { count, counted } from "./numbers.ts";
import type { Cell, ConformanceReport, LaneReport, Stage, Totals } from "./report.ts";

/** Whether something passes, and why, as a clause without a full stop. */
export interface Verdict {
  readonly passed: boolean;
  readonly reason: string;
}

/**
 * How a cell is to be seen. `void`: its cases passed, and count for nothing, because the lane has a problem. `none`:
 * nothing was judged.
 */
export type CellState = "pass" | "fail" | "refused" | "void" | "none";

/** The ratio to PyTorch's own error beyond which a case fails, unless it is by less than one ULP. */
export const PEER_LIMIT = 2;

/** What each stage means to someone who reads of it for the first time. */
export const STAGES: Readonly<Record<Stage, string>> = {
  error: "threw what it should not, or did not throw what it should",
  shape: "wrong dtype or shape",
  class: "NaN, infinity or exact zero in the wrong place",
  interval: "outside the interval that arithmetic allows",
  peer: "over one ULP worse than twice PyTorch's own error",
  guard: "wrote to memory beside an output",
  input: "changed an input",
  repeat: "gave other bits when called again",
  leak: "left memory neither freed nor owned",
  slope: "the oracle's gradient is not the slope of its loss",
};

/** A lane passes if cases ran, some passed and none failed: silence is no success. */
export function laneVerdict(lane: LaneReport): Verdict {
  const { cases, passed, refused } = lane.totals;
  const failed = Math.max(lane.totals.failed, lane.failures.length);
  if (lane.problem !== undefined) return { passed: false, reason: lane.problem };
  if (cases === 0) return { passed: false, reason: "no case ran" };
  if (failed > 0) return { passed: false, reason: `${count(failed)} of ${counted(cases, "case")} failed` };
  if (passed === 0) return { passed: false, reason: `none of ${counted(cases, "case")} passed` };
  return {
    passed: true,
    reason: `${counted(passed, "case")} passed${refused > 0 ? `, ${count(refused)} refused` : ""}`,
  };
}

/** A report passes if it has lanes, and all of them pass. */
export function reportVerdict(report: ConformanceReport): Verdict {
  const lanes = report.lanes.length;
  if (lanes === 0) return { passed: false, reason: "No lane ran" };
  const failing = report.lanes.filter((lane) => !laneVerdict(lane).passed).length;
  if (failing === 0) return { passed: true, reason: lanes === 1 ? "The lane passes" : `All ${lanes} lanes pass` };
  if (lanes === 1) return { passed: false, reason: "The lane fails" };
  return { passed: false, reason: `${failing} of ${lanes} lanes ${failing === 1 ? "fails" : "fail"}` };
}

/** How a cell of the lane is to be seen. */
export function cellState(cell: Cell | undefined, lane: LaneReport): CellState {
  if (cell === undefined || cell.cases === 0) return "none";
  if (cell.failed > 0) return "fail";
  if (cell.passed > 0) return lane.problem === undefined ? "pass" : "void";
  return cell.refused > 0 ? "refused" : "none";
}

/** The counts of all lanes together. */
export function sumTotals(report: ConformanceReport): Totals {
  const total = { cases: 0, passed: 0, failed: 0, refused: 0, numbers: 0 };
  for (const { totals } of report.lanes) {
    total.cases += totals.cases;
    total.passed += totals.passed;
    total.failed += totals.failed;
    total.refused += totals.refused;
    total.numbers += totals.numbers;
  }
  return total;
}
