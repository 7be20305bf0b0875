import type { BenchReport } from "./report.ts";

/** What memory gave in the run. */
export function bandwidthText({ bandwidth }: Pick<BenchReport, "bandwidth">): string {
  const each = bandwidth.map(({ threads, read, copy }) => {
    const count = threads === 1 ? "1 thread" : `${threads} threads`;
    return `${(read / 1e9).toFixed(1)} GB/s read and ${(copy / 1e9).toFixed(1)} GB/s copied by ${count}`;
  });
  return `Memory: ${each.join(", ")}.`;
}
