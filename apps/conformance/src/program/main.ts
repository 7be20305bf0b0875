import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import cliProgress from "cli-progress";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import pMap from "p-map";
import type { Mode } from "../judge/judge.ts";
import { htmlReport } from "../report/html.ts";
import type { ConformanceReport, LaneReport } from "../report/report.ts";
import { terminalSummary } from "../report/terminal.ts";
import { reportVerdict } from "../report/verdict.ts";
import { casesAt } from "../suite.ts";
import { UsageError } from "../usage-error.ts";
import { type Lane, laneNamed, LANES } from "./lanes.ts";
import { runLane, type Tell } from "./run-lane.ts";
import { checkSupport, writeSupport } from "./support.ts";

// `pnpm conformance`: judges the backends of this repository.

interface Flags {
  readonly lane?: readonly string[];
  readonly mode: Mode | "support" | "soak";
  readonly oracle: "float64" | "torch";
  readonly every: number;
  readonly seconds: number;
  readonly seed: number;
  readonly json?: string;
  readonly html: string;
  readonly updateSupport: boolean;
}

const REPORT = "reports/conformance.html";

const command = new Command("conformance")
  .description("Judges backends: every operation against a float64 oracle and real PyTorch.")
  .argument("[address]", "only this case, or those whose address starts so; * stands for anything")
  .option("--lane <name>", `${LANES.map(({ name }) => name).join(", ")}; may be repeated (default: all)`, collect)
  .addOption(
    new Option(
      "--mode <mode>",
      "what is judged; support: which cases are refused; soak: random cases, shrunk on failure",
    )
      .choices(["all", "values", "gradients", "support", "soak"])
      .default("all"),
  )
  .addOption(
    new Option("--oracle <oracle>", "float64, or torch: real PyTorch, asked live about random cases")
      .choices(["float64", "torch"])
      .default("float64"),
  )
  .option("--every <n>", "only every n-th case", positiveInteger, 1)
  .option("--seconds <s>", "how long a soak or a sweep of PyTorch lasts", positiveInteger, 60)
  .option("--seed <n>", "of a soak or a sweep; default: another one each day", positiveInteger, daySeed())
  .option("--json <file>", "write the report as JSON")
  .option("--html <file>", "write the report as a page", REPORT)
  .option("--update-support", "write what each lane refuses to support/<lane>.json", false)
  .action(run);

command.exitOverride();
try {
  await command.parseAsync();
} catch (error) {
  if (error instanceof UsageError) process.stderr.write(`${error.message}\n`);
  else if (!(error instanceof CommanderError)) throw error; // commander has printed its own complaints
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2; // help is no mistake
}

async function run(address: string | undefined, flags: Flags): Promise<void> {
  const lanes = flags.lane === undefined ? defaultLanes(flags) : flags.lane.map(laneNamed);
  if (address !== undefined && !isRandom(flags)) await casesAt(address); // a mistake in it shows before anything starts
  const partial = address !== undefined || flags.every > 1 || isRandom(flags);
  const judgedLanes = await withProgress(lanes, isRandom(flags) ? 1 : availableParallelism(), (lane, tell) =>
    judged(lane, address, flags, tell),
  );
  const reports = judgedLanes.map((report) => {
    if (flags.updateSupport && !partial && report.problem === undefined) writeSupport(report);
    return checkSupport(report, partial);
  });
  const report: ConformanceReport = {
    format: 1,
    created: new Date().toISOString(),
    runtime: `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    command: `pnpm conformance ${process.argv.slice(2).join(" ")}`.trim(),
    lanes: reports,
  };
  process.stdout.write(`${terminalSummary(report)}\n`);
  await write(flags.html, htmlReport(report));
  if (flags.json !== undefined) await write(flags.json, `${JSON.stringify(report, undefined, 2)}\n`);
  process.stdout.write(`Report: ${[flags.html, flags.json].filter(Boolean).join(", ")}\n`);
  process.exitCode = reportVerdict(report).passed ? 0 : 1;
}

/** Whether the cases are made up as it goes. */
function isRandom({ mode, oracle }: Flags): boolean {
  return mode === "soak" || oracle === "torch";
}

/** Soaks and sweeps run in this process, one after the other. */
function defaultLanes(flags: Flags): readonly Lane[] {
  return isRandom(flags) ? LANES.filter((lane) => lane.runtime === "node" && lane.gpu !== true) : LANES;
}

async function judged(lane: Lane, address: string | undefined, flags: Flags, tell: Tell): Promise<LaneReport> {
  const { name, create, arithmetic } = lane;
  const only = address === undefined ? {} : { address };
  if (isRandom(flags)) {
    const { seconds, seed } = flags;
    const random =
      flags.oracle === "torch" ? (await import("../live/sweep.ts")).torchSweep : (await import("../soak/soak.ts")).soak;
    const onCase = ({ done }: { readonly done: number }): void => tell(done, done);
    return random({ name, create, arithmetic, seconds, seed, onCase, ...only });
  }
  const mode = flags.mode === "support" || flags.mode === "soak" ? "values" : flags.mode;
  const every = address === undefined ? flags.every * (lane.every ?? 1) : flags.every;
  return runLane(lane, { mode, every, ...only }, tell);
}

/** Some lanes at a time, in their order; bars on a terminal's standard error, nothing elsewhere. */
async function withProgress(
  lanes: readonly Lane[],
  concurrency: number,
  work: (lane: Lane, tell: Tell) => Promise<LaneReport>,
): Promise<LaneReport[]> {
  const bars = new cliProgress.MultiBar(
    { format: "{lane} {bar} {value}/{total} cases, {duration_formatted}", clearOnComplete: true, hideCursor: true },
    cliProgress.Presets.shades_classic,
  );
  const widest = Math.max(...lanes.map(({ name }) => name.length));
  try {
    return await pMap(
      lanes,
      async (lane) => {
        const bar = bars.create(0, 0, { lane: lane.name.padEnd(widest) });
        return work(lane, (done, all) => {
          bar.setTotal(all);
          bar.update(done);
        });
      },
      { concurrency },
    );
  } finally {
    bars.stop();
  }
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(resolve(file)), { recursive: true });
  await writeFile(file, text);
}

function collect(name: string, names: readonly string[] = []): readonly string[] {
  return [...names, name];
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError("must be a whole number");
}

/** Fresh cases every day, and the same ones for everybody on that day. */
function daySeed(): number {
  return Math.floor(Date.now() / 86_400_000);
}
