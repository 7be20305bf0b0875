import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CommanderError } from "commander";
import { EVAL_BYTES, NoSpaceError } from "../eval/run-eval.ts";
import { withResults } from "../report/document.ts";
import { htmlPage } from "../report/html.ts";
import type { BenchReport } from "../report/report.ts";
import { terminalText } from "../report/terminal.ts";
import { run } from "../run/run.ts";
import { evalFindings, InterruptedError } from "./eval-findings.ts";
import type { Findings } from "./findings.ts";
import {
  casesOf,
  checkFlags,
  commandLine,
  entrantsOf,
  evalContestantsOf,
  type Flags,
  formatsOf,
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

/** Runs the benchmark; gives the exit code: 0, 1 if one of ours failed or is wrong, 2 for a mistake on the command line, 130 if interrupted. */
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
    const code = exitCodeOf(error);
    if (code === undefined || !(error instanceof Error)) throw error;
    stderr.write(`bench: ${error.message}\n`);
    return code;
  }
}

function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof InterruptedError) return 130;
  return error instanceof UsageError || error instanceof NoSpaceError ? 2 : undefined;
}

async function measure(flags: Flags, args: readonly string[], surroundings: Surroundings): Promise<number> {
  checkFlags(flags);
  const { report, text, page, documentWith, oursFailed } = await findingsOf(flags, args, surroundings);
  surroundings.stdout.write(`${text}\n`);
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (flags.report !== undefined) {
    writeInto(flags.report === true ? resolve(ROOT, reportFile(flags)) : flags.report, page());
    const document = resolve(ROOT, "docs/benchmarks.md");
    writeFileSync(document, documentWith(readFileSync(document, "utf8")));
  }
  return oursFailed ? 1 : 0;
}

async function findingsOf(
  flags: Flags,
  args: readonly string[],
  { stderr, nodeArguments = [] }: Surroundings,
): Promise<Findings> {
  const { rounds, bytes = EVAL_BYTES } = flags;
  const command = ["pnpm bench", ...args].join(" ");
  const tell = (what: string): void => void stderr.write(`${what} …\n`);
  if (flags.eval === true) {
    const [formats, contestants] = [formatsOf(flags), evalContestantsOf(flags)];
    return evalFindings({ formats, contestants, bytes, rounds, command, tell });
  }
  const [where, cases, entrants] = [placeOf(flags), casesOf(flags), entrantsOf(flags)];
  const report = await run({ where, cases, entrants, rounds, nodeArguments, command, tell });
  return {
    report,
    text: terminalText(report),
    page: () => htmlPage(report),
    documentWith: (document) => withResults(document, report),
    oursFailed: haveFailed(report),
  };
}

function writeInto(file: string, text: string): void {
  mkdirSync(dirname(resolve(file)), { recursive: true });
  writeFileSync(file, text);
}

function haveFailed({ entrants, rows }: BenchReport): boolean {
  const ours = entrants.filter(({ role }) => role === "ours").map(({ name }) => name);
  const standings = rows.flatMap((row) => row.standings).filter(({ name }) => ours.includes(name));
  return standings.some(({ status }) => status === "wrong" || status === "failed");
}
