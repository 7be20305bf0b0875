import { conformance, type ConformanceOptions } from "../conformance.ts";
import type { LaneReport } from "../report/report.ts";
import { laneNamed } from "./lanes.ts";

/** What of a run's options can be handed to a page. */
export type PageOptions = Pick<ConformanceOptions, "mode" | "address" | "every">;

/** The page's side of a browser lane: judges it here, and tells how far it is a few times a second. */
export async function runInPage(
  name: string,
  options: PageOptions,
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
