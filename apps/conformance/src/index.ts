export type { Case, Peer, PeerOutput } from "./case.ts";
export type { ConformanceOptions } from "./conformance.ts";
export { conformance } from "./conformance.ts";
export type { Mode } from "./judge/judge.ts";
export type { Arithmetic } from "./oracle/algebra.ts";
export { FLOAT32, FLOAT64 } from "./oracle/algebra.ts";
export type { Input, Layout, Problem } from "./problem.ts";
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
} from "./report/report.ts";
