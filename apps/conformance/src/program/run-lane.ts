import { openBrowserPage } from "../../../../tools/browser-page.ts";
import { conformance } from "../conformance.ts";
import type { LaneReport } from "../report/report.ts";
import type { PageOptions, runInPage as RunInPage } from "./in-browser.ts";
import type { Lane } from "./lanes.ts";

/** Told after cases: how many are done, and of how many. */
export type Tell = (done: number, all: number) => void;

/** Judges a lane where it runs. A lane that cannot start has a report that says why. */
export async function runLane(lane: Lane, options: PageOptions, tell: Tell): Promise<LaneReport> {
  if (lane.runtime === "browser") return runInBrowser(lane, options, tell);
  const { name, create, arithmetic } = lane;
  return conformance({ ...options, name, create, arithmetic, onCase: ({ done, all }) => tell(done, all) });
}

async function runInBrowser(lane: Lane, options: PageOptions, tell: Tell): Promise<LaneReport> {
  let opened: Awaited<ReturnType<typeof openBrowserPage>>;
  try {
    opened = await openBrowserPage();
  } catch (error) {
    return didNotStart(lane, `no browser: ${String(error)}`);
  }
  const { page, urlOf, version, close } = opened;
  try {
    await page.exposeFunction("tellConformance", tell);
    const report = await page.evaluate(
      async ({ module, name, given }) => {
        const { runInPage } = (await import(module)) as { readonly runInPage: typeof RunInPage };
        const told = (globalThis as unknown as { tellConformance: Tell }).tellConformance;
        return runInPage(name, given, told);
      },
      { module: urlOf("apps/conformance/src/program/in-browser.ts"), name: lane.name, given: options },
    );
    return { ...report, backend: { ...report.backend, browser: `Chromium ${version}` } };
  } catch (error) {
    return didNotStart(lane, String(error));
  } finally {
    await close();
  }
}

function didNotStart({ name }: Lane, problem: string): LaneReport {
  const totals = { cases: 0, passed: 0, failed: 0, refused: 0, numbers: 0 };
  return { lane: name, backend: {}, seconds: 0, totals, cells: [], failures: [], refusals: [], problem };
}
