import type { BenchReport } from "./report.ts";

type Surroundings = Pick<BenchReport, "where" | "bandwidth" | "entrants">;

/** What the times depend on: what memory gave in the run, or which adapter it was. */
export function surroundingsText(report: Surroundings): string {
  if (report.where === "webgpu") return adapterText(report);
  return report.where === "linear" ? `${bandwidthText(report)} ${adapterText(report)}` : bandwidthText(report);
}

function bandwidthText({ bandwidth }: Surroundings): string {
  const each = bandwidth.map(({ threads, read, copy }) => {
    const count = threads === 1 ? "1 thread" : `${threads} threads`;
    return `${(read / 1e9).toFixed(1)} GB/s read and ${(copy / 1e9).toFixed(1)} GB/s copied by ${count}`;
  });
  return `Memory: ${each.join(", ")}.`;
}

function adapterText({ entrants }: Surroundings): string {
  const adapters = new Set(entrants.flatMap(({ facts }) => facts["adapter"] ?? []));
  const names = adapters.size === 0 ? "none" : [...adapters].join("; ");
  return `Adapter: ${names}.${names.includes("software") ? " It is no GPU: read ratios, not times." : ""}`;
}
