export { htmlReport } from "./html.ts";
export type {
  Cell,
  ConformanceReport,
  Extreme,
  Failure,
  LaneReport,
  Refusal,
  Stage,
  Totals,
  WrongElement,
} from "./report.ts";
export { terminalSummary } from "./terminal.ts";
export type { Verdict } from "./verdict.ts";
export { laneVerdict, reportVerdict } from "./verdict.ts";
