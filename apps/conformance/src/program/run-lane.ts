import { fork } from "node:child_process";
import { openBrowserPage } from "../../../../tools/browser-page.ts";
import { softwareGpu } from "../../../../tools/chromium.ts";
import type { LaneReport } from "../report/report.ts";
import type { PlainOptions, runNamed as RunNamed } from "./run-named.ts";
import type { Lane } from "./lanes.ts";

/** Told after cases: how many are done, and of how many. */
export type Tell = (done: number, all: number) => void;

/** Judges a lane where it runs. A lane that cannot start has a report that says why. */
export async function runLane(lane: Lane, options: PlainOptions, tell: Tell): Promise<LaneReport> {
  if (lane.runtime === "browser") return runInBrowser(lane, options, tell);
  return runInProcess(lane, options, tell);
}

/** What `in-process.ts` is given, and what it says: how far it is, and at the end the report. */
export interface Task {
  readonly name: string;
  readonly options: PlainOptions;
}
export type Message = { readonly done: number; readonly all: number } | { readonly report: LaneReport };

/** A process of its own, so that as many lanes as there are processors run at a time, and one that dies takes no other along. */
async function runInProcess(lane: Lane, options: PlainOptions, tell: Tell): Promise<LaneReport> {
  const env = lane.gpu === true ? { ...process.env, ...softwareGpu() } : process.env;
  const child = fork(new URL("in-process.ts", import.meta.url), { env, serialization: "advanced" });
  const task: Task = { name: lane.name, options };
  child.send(task);
  return new Promise((resolve) => {
    child.once("error", (reason) => resolve(didNotStart(lane, String(reason))));
    child.once("exit", (code, signal) => resolve(didNotStart(lane, `its process ended with ${signal ?? code}`)));
    child.on("message", (message: Message) => {
      if ("report" in message) resolve(message.report);
      else tell(message.done, message.all);
    });
  });
}

async function runInBrowser(lane: Lane, options: PlainOptions, tell: Tell): Promise<LaneReport> {
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
        const { runNamed } = (await import(module)) as { readonly runNamed: typeof RunNamed };
        const told = (globalThis as unknown as { tellConformance: Tell }).tellConformance;
        return runNamed(name, given, told);
      },
      { module: urlOf("apps/conformance/src/program/run-named.ts"), name: lane.name, given: options },
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
