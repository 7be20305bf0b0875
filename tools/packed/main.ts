import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import type { LaneReport } from "@surprisal/conformance";
import { type Browser, chromium } from "playwright";
import { checkSupport } from "../../apps/conformance/src/program/support.ts";
import { chromiumLaunch } from "../chromium.ts";
import { checkPage, type DemoLosses, demoLosses, type PageAnswer } from "./demo.ts";
import { type Facts, factsChanged, pinnable, readFacts, writeFacts } from "./facts.ts";
import { bundle, BUNDLERS, inPage, JUDGING } from "./pages.ts";
import { installPacked } from "./project.ts";
import { inRuntime, RUNTIMES } from "./runtimes.ts";

// `pnpm packed [--lane NAME] [--whole] [--update]`: whether the packages, as they would be published, are right in every runtime and
// through every bundler. They are installed into an empty project, and judged there by the packed conformance. Runtimes and bundlers
// come from npm; Linux on x64.

const { values } = parseArgs({
  options: {
    whole: { type: "boolean", default: false }, // in Node 24 and in an isolated page all cases for cpu and wasm, and more for gpu
    update: { type: "boolean", default: false }, // pins the facts that are found
    lane: { type: "string", default: "" }, // only those whose title begins so
  },
});

/** Every so manieth case. Kernels of gpu are compiled for each kind of case, in software. */
const EVERY = { cpu: 41, wasm: 41, gpu: 997 } as const;
const EVERY_OF_WHOLE = { cpu: 1, wasm: 1, gpu: 199 } as const;
type Name = keyof typeof EVERY;

/** The lane of the sources that may refuse the same. */
const LANE_OF = { cpu: "node-cpu", wasm: "node-wasm-threads", gpu: "dawn-swiftshader" } as const satisfies Record<
  Name,
  string
>;
const NAMES = ["cpu", "wasm", "gpu"] as const satisfies readonly Name[];

let failures = 0;
const found: Record<string, Facts> = {};
const pinned = readFacts();
const folder = installPacked();
try {
  for (const runtime of Object.keys(RUNTIMES)) {
    for (const name of NAMES) {
      const every = everyOf(name, runtime === "Node 24");
      await lane(`${runtime}, ${name}`, { name, every }, async () => {
        return JSON.parse(await inRuntime(folder, runtime, "runtime.js", name, String(every))) as LaneReport;
      });
    }
    if (runtime.startsWith("Node")) await told(`${runtime}, surprisal`, async () => commandLine(runtime));
  }
  const browser = await chromium.launch({ ...chromiumLaunch(), headless: true });
  try {
    await inChromium(browser);
  } finally {
    await browser.close();
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (values.update) writeFacts({ ...pinned, ...found });
process.exitCode = failures === 0 ? 0 : 1;

function everyOf(name: Name, canBeWhole: boolean): number {
  return (values.whole && canBeWhole ? EVERY_OF_WHOLE : EVERY)[name];
}

async function inChromium(browser: Browser): Promise<void> {
  let demo: Promise<DemoLosses> | undefined;
  for (const isolated of [true, false]) {
    for (const name of NAMES) {
      const every = everyOf(name, isolated);
      await lane(`Chromium ${isolated ? "" : "not "}isolated, ${name}`, { name, every }, async () => {
        const place = { folder: bundle(folder, JUDGING), isolated };
        return inPage<LaneReport>(browser, place, "judge", name, every);
      });
    }
  }
  for (const [name, bundler] of Object.entries(BUNDLERS)) {
    for (const isolated of [true, false]) {
      await told(`${name}, ${isolated ? "" : "not "}isolated`, async () => {
        const place = { folder: bundle(folder, bundler), isolated };
        return checkPage(await inPage<PageAnswer>(browser, place, "check"), await (demo ??= demoLosses(folder)));
      });
    }
  }
}

/** The installed command, which knows whether backends compute correctly. */
async function commandLine(runtime: string): Promise<string> {
  const program = "node_modules/@surprisal/cli/dist/bin.js";
  const { backends } = JSON.parse(await inRuntime(folder, runtime, program, "doctor", "--json")) as Doctor;
  if (backends.some(({ available }) => !available)) throw new Error(JSON.stringify(backends));
  return backends
    .map(({ name, checks = [] }) => `${name} ${checks.filter(({ correct }) => correct).length}`)
    .join(", ");
}

/** What is taken of its answer; it ends with 1 where a backend computes wrongly. */
interface Doctor {
  readonly backends: readonly {
    readonly name: string;
    readonly available: boolean;
    readonly checks?: readonly { readonly correct: boolean }[];
  }[];
}

async function lane(
  title: string,
  { name, every }: { readonly name: Name; readonly every: number },
  run: () => Promise<LaneReport>,
): Promise<void> {
  await told(title, async () => {
    const report = checkSupport({ ...(await run()), lane: LANE_OF[name] }, true);
    const { totals, problem, failures: wrong, backend, seconds } = report;
    const facts = pinnable(backend);
    found[title] = facts;
    const changed = values.update ? [] : factsChanged(facts, pinned[title]);
    const [first] = wrong;
    if (problem !== undefined) throw new Error(problem);
    if (first !== undefined)
      throw new Error(`${totals.failed} of ${totals.cases} cases failed, the first: ${first.address}`);
    if (changed.length > 0) throw new Error(`facts (--update pins them): ${changed.join("; ")}`);
    const refused = totals.refused === 0 ? "" : `, ${totals.refused} refused`;
    const cases = every === 1 ? "all cases" : `one case in ${every}`;
    return `${totals.passed} passed${refused}; ${cases}, ${seconds.toFixed(1)} s`;
  });
}

/** Says on one line how it went. */
async function told(title: string, run: () => Promise<string>): Promise<void> {
  if (!title.startsWith(values.lane)) return;
  const [mark, text] = await run().then(
    (answer) => ["✓", answer],
    (error: unknown) => ["✕", error instanceof Error ? error.message : String(error)],
  );
  if (mark === "✕") failures++;
  process.stdout.write(`${mark} ${title.padEnd(30)} ${text}\n`);
}
