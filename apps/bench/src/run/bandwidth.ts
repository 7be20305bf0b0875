import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What memory gives, in bytes a second, to so many threads at once. */
export interface Bandwidth {
  readonly threads: number;
  /** Bytes read by a loop that adds them up. */
  readonly read: number;
  /** Bytes read and bytes written by `memory.copy`, added. */
  readonly copy: number;
}

const CHILD = fileURLToPath(new URL("../child/bandwidth.ts", import.meta.url));

/** Measures in a process of its own. */
export async function measureBandwidth(threads: number): Promise<Bandwidth> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, String(threads)]);
  return JSON.parse(stdout) as Bandwidth;
}

/** The fastest of several measurements, for each number of threads. */
export function best(all: readonly Bandwidth[]): Bandwidth[] {
  const counts = [...new Set(all.map(({ threads }) => threads))].toSorted((a, b) => a - b);
  return counts.map((threads) => {
    const same = all.filter((each) => each.threads === threads);
    const most = (of: (each: Bandwidth) => number): number => Math.max(...same.map(of));
    return { threads, read: most(({ read }) => read), copy: most(({ copy }) => copy) };
  });
}
