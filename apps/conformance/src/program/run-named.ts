import { conformance, type ConformanceOptions } from "../conformance.ts";
import type { LaneReport } from "../report/report.ts";
import { laneNamed } from "./lanes.ts";

/** What of a run's options can be handed to a page or a process. */
export type PlainOptions = Pick<ConformanceOptions, "mode" | "address" | "every">;

/** A lane's page or process: judges it here, and tells how far it is a few times a second. */
export async function runNamed(
  name: string,
  options: PlainOptions,
  tell: (done: number, all: number) => void,
): Promise<LaneReport> {
  const { create, arithmetic } = laneNamed(name);
  let told = 0;
  return conformance({
    ...options,
    name,
    create,
    arithmetic,
    onCase({ done, all }) {
      const now = performance.now();
      if (now - told < 200 && done < all) return;
      told = now;
      tell(done, all);
    },
  });
}
