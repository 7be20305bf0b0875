import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

// Peak memory of a call. Linux keeps a high-water mark of the resident set that a process may reset for itself, so that
// what was needed before the call does not hide what the call needs. Elsewhere the mark is the whole process's.

const CLEAR_REFS = "/proc/self/clear_refs";
const RESET_PEAK = "5";

/** Frees what nobody holds any more. Once, before the first call: optimised code goes with it. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") Reflect.apply(collect, undefined, []);
}

/** The resident set now, in bytes. */
export function resident(): number {
  return process.memoryUsage.rss();
}

/** Begins a new high-water mark, where the system can. */
export function resetPeak(): void {
  if (process.platform === "linux") writeFileSync(CLEAR_REFS, RESET_PEAK);
}

/** The highest resident set since `resetPeak`, or ever, in bytes. */
export function peakResident(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const line = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}
