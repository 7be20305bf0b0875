import { fork, type ForkOptions } from "node:child_process";
import { createRequire } from "node:module";
import { openBrowserPage } from "../../../../tools/browser-page.ts";
import { softwareGpu } from "../../../../tools/chromium.ts";
import { openFirefoxPage } from "../../../../tools/firefox-page.ts";
import type { LaneReport } from "../report/report.ts";
import type { PlainOptions, runNamed as RunNamed } from "./run-named.ts";
import type { Lane, Runtime } from "./lanes.ts";

/** Told after cases: how many are done, and of how many. */
export type Tell = (done: number, all: number) => void;

/** Judges a lane where it runs. A lane that cannot start has a report that says why. */
export async function runLane(lane: Lane, options: PlainOptions, tell: Tell): Promise<LaneReport> {
  try {
    return await RUN[lane.runtime](lane, options, tell);
  } catch (error) {
    return didNotStart(lane, String(error));
  }
}

type Run = (lane: Lane, options: PlainOptions, tell: Tell) => Promise<LaneReport>;

const RUN: Readonly<Record<Runtime, Run>> = {
  node: async (lane, options, tell) => runInProcess(lane, options, tell, {}),
  deno: async (lane, options, tell) => runInProcess(lane, options, tell, denoOptions()),
  chromium: async (lane, options, tell) => runInPage(await openBrowserPage(), lane, options, tell),
  firefox: async (lane, options, tell) => runInPage(await openFirefoxPage(), lane, options, tell),
};

/** What `in-process.ts` is given, and what it says: how far it is, and at the end the report. */
export interface Task {
  readonly name: string;
  readonly options: PlainOptions;
}
export type Message = { readonly done: number; readonly all: number } | { readonly report: LaneReport };

/** A process of its own, so that as many lanes as there are processors run at a time, and one that dies takes no other along. */
async function runInProcess(lane: Lane, options: PlainOptions, tell: Tell, runtime: ForkOptions): Promise<LaneReport> {
  const env = lane.gpu === true ? { ...process.env, ...softwareGpu() } : process.env;
  const child = fork(new URL("in-process.ts", import.meta.url), { ...runtime, env });
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

/** Deno from npm, with the sources' condition as in Node. */
function denoOptions(): ForkOptions {
  const { runInstall } = createRequire(import.meta.url)("deno/install_api.cjs") as {
    readonly runInstall: () => string;
  };
  const execArgv = ["run", "--allow-all", "--no-check", "--quiet", "--conditions=@surprisal/source"];
  return { execPath: runInstall(), execArgv };
}

/** A browser's page, as much of it as Playwright and Puppeteer have in common. */
interface OpenedPage {
  readonly page: {
    exposeFunction(name: string, called: Tell): Promise<unknown>;
    evaluate(run: (given: InPage) => Promise<LaneReport>, given: InPage): Promise<LaneReport>;
  };
  readonly urlOf: (path: string) => string;
  readonly version: string;
  readonly close: () => Promise<void>;
}

/** What the page is told. */
interface InPage {
  readonly module: string;
  readonly name: string;
  readonly options: PlainOptions;
}

async function runInPage(
  { page, urlOf, version, close }: OpenedPage,
  { name, runtime }: Lane,
  options: PlainOptions,
  tell: Tell,
): Promise<LaneReport> {
  try {
    await page.exposeFunction("tellConformance", tell);
    const report = await page.evaluate(
      async (given) => {
        const { runNamed } = (await import(given.module)) as { readonly runNamed: typeof RunNamed };
        const told = (globalThis as unknown as { tellConformance: Tell }).tellConformance;
        return runNamed(given.name, given.options, told);
      },
      { module: urlOf("apps/conformance/src/program/run-named.ts"), name, options },
    );
    return { ...report, backend: { ...report.backend, browser: `${runtime} ${version}` } };
  } finally {
    await close();
  }
}

function didNotStart({ name }: Lane, problem: string): LaneReport {
  const totals = { cases: 0, passed: 0, failed: 0, refused: 0, numbers: 0 };
  return { lane: name, backend: {}, seconds: 0, totals, cells: [], failures: [], refusals: [], problem };
}
