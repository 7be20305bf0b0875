import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { MemoryMeter } from "./place.ts";

// Peak memory of a call. Linux keeps a high-water mark of the resident set that a process may reset for itself, so that
// what was needed before the call does not hide what the call needs. Elsewhere the mark is the whole process's.

const CLEAR_REFS = "/proc/self/clear_refs";
const RESET_PEAK = "5";

/** The memory of this process. */
export const processMemory: MemoryMeter = {
  collectGarbage() {
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    if (typeof collect === "function") Reflect.apply(collect, undefined, []);
  },
  resident: () => process.memoryUsage.rss(),
  resetPeak() {
    if (process.platform === "linux") writeFileSync(CLEAR_REFS, RESET_PEAK);
  },
  peakResident() {
    if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
    const line = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
    return Number(line?.[1] ?? Number.NaN) * 1024;
  },
};
