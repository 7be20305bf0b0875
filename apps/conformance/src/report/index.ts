export { htmlReport } from "./html.ts";
export { terminalSummary } from "./terminal.ts";
export type { Verdict } from "./verdict.ts";
export { laneVerdict, reportVerdict } from "./verdict.ts";
