import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CommanderError } from "commander";
import { withResults } from "../report/document.ts";
import { htmlPage } from "../report/html.ts";
import type { BenchReport } from "../report/report.ts";
import { terminalText } from "../report/terminal.ts";
import { run } from "../run/run.ts";
import {
  casesOf,
  checkFolders,
  commandLine,
  entrantsOf,
  type Flags,
  placeOf,
  reportFile,
  UsageError,
} from "./options.ts";

/** Where text goes, and how processes of contestants start. */
export interface Surroundings {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly nodeArguments?: readonly string[];
}

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

/** Runs the benchmark; gives the exit code: 0, 1 if one of ours failed or is wrong, 2 for a mistake on the command line. */
export async function bench(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  const command = commandLine()
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
  try {
    command.parse([...args], { from: "user" });
    return await measure(command.opts(), args, surroundings);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said why
    if (!(error instanceof UsageError)) throw error;
    stderr.write(`bench: ${error.message}\n`);
    return 2;
  }
}

async function measure(flags: Flags, args: readonly string[], surroundings: Surroundings): Promise<number> {
  checkFolders(flags);
  const { stdout, stderr, nodeArguments = [] } = surroundings;
  const report = await run({
    where: placeOf(flags),
    cases: casesOf(flags),
    entrants: entrantsOf(flags),
    rounds: flags.rounds,
    nodeArguments,
    command: ["pnpm bench", ...args].join(" "),
    tell: (what) => stderr.write(`${what} …\n`),
  });
  stdout.write(`${terminalText(report)}\n`);
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (flags.report !== undefined)
    publish(report, flags.report === true ? resolve(ROOT, reportFile(flags)) : flags.report);
  return oursFailed(report) ? 1 : 0;
}

function publish(report: BenchReport, file: string): void {
  mkdirSync(dirname(resolve(file)), { recursive: true });
  writeFileSync(file, htmlPage(report));
  const document = resolve(ROOT, "docs/benchmarks.md");
  writeFileSync(document, withResults(readFileSync(document, "utf8"), report));
}

function oursFailed({ entrants, rows }: BenchReport): boolean {
  const ours = entrants.filter(({ role }) => role === "ours").map(({ name }) => name);
  const standings = rows.flatMap((row) => row.standings).filter(({ name }) => ours.includes(name));
  return standings.some(({ status }) => status === "wrong" || status === "failed");
}
