import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { LINEAR_CASES } from "../cases-linear.ts";
import { WEBGPU_CASES } from "../cases-webgpu.ts";
import { type BenchCase, CASES, shapeText } from "../cases.ts";
import type { Entrant } from "../contestant.ts";
import { ENTRANTS } from "../contestants/all.ts";
import { LINEAR_ENTRANTS } from "../contestants/linear.ts";
import { WEBGPU_ENTRANTS } from "../contestants/webgpu.ts";
import { EVAL_CONTESTANTS, type EvalContestant } from "../eval/eval-contestants.ts";
import { EVAL_FORMATS, type EvalFormat } from "../eval/eval-files.ts";
import { EVAL_BYTES } from "../eval/run-eval.ts";
import type { Place } from "../report/report.ts";

/** What `pnpm bench` was asked for. */
export interface Flags {
  readonly case?: readonly string[];
  readonly backend?: readonly string[];
  /** True: all peers. */
  readonly peers?: true | readonly string[];
  /** Pages of Chromium on WebGPU, instead of processes on the CPU. */
  readonly webgpu?: true;
  /** The linear layer on every backend. */
  readonly linear?: true;
  /** `surprisal eval` on files, instead of calls. */
  readonly eval?: true;
  /** Of the logits, with `eval`. */
  readonly bytes?: number;
  readonly rounds: number;
  readonly json?: string;
  /** True: the usual file. */
  readonly report?: true | string;
}

/** A mistake on the command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What is measured in a place. */
interface Suite {
  readonly cases: readonly BenchCase[];
  readonly entrants: readonly Entrant[];
  /** Where `--report` writes the page unless told otherwise, from the repository root. */
  readonly report: string;
}

const SUITES: Readonly<Record<Place, Suite>> = {
  node: { cases: CASES, entrants: ENTRANTS, report: "reports/bench.html" },
  linear: { cases: LINEAR_CASES, entrants: LINEAR_ENTRANTS, report: "reports/bench-linear.html" },
  webgpu: { cases: WEBGPU_CASES, entrants: WEBGPU_ENTRANTS, report: "reports/bench-webgpu.html" },
};

/** What was asked for. */
export function placeOf({ webgpu, linear }: Pick<Flags, "webgpu" | "linear">): Place {
  return webgpu ? "webgpu" : linear ? "linear" : "node";
}

/** Where `--report` writes the page unless told otherwise, from the repository root. */
export function reportFile(flags: Pick<Flags, "webgpu" | "linear" | "eval">): string {
  if (flags.eval === true) return "reports/bench-eval.html";
  return SUITES[placeOf(flags)].report;
}

const DEFAULT_ROUNDS = 7;

const HELP = `
Cases:
${caseList(CASES)}

Contestants:
${entrantList(ENTRANTS)}

Cases with --linear:
${caseList(LINEAR_CASES)}

Contestants with --linear:
${entrantList(LINEAR_ENTRANTS)}

Cases with --webgpu:
${caseList(WEBGPU_CASES)}

Contestants with --webgpu:
${entrantList(WEBGPU_ENTRANTS)}

Cases with --eval:
  ${EVAL_FORMATS.join(", ")}

Contestants with --eval:
${entrantList(EVAL_CONTESTANTS)}`;

function caseList(cases: readonly BenchCase[]): string {
  return cases.map((each) => `  ${each.id.padEnd(22)}${shapeText(each)}: ${each.about}`).join("\n");
}

function entrantList(entrants: readonly Named[]): string {
  return entrants.map(({ name, role }) => `  ${name.padEnd(34)}${role}`).join("\n");
}

/** The command line. */
export function commandLine(): Command {
  return new Command("bench")
    .description("Measures speed and memory beside other ways to compute the same.")
    .option("--webgpu", "measure pages of Chromium on WebGPU, with cases of their own")
    .addOption(
      new Option("--linear", "measure the linear layer on every backend, in one step and in two").conflicts("webgpu"),
    )
    .addOption(
      new Option("--eval", "measure `surprisal eval` on files, beside reading them alone").conflicts([
        "webgpu",
        "linear",
      ]),
    )
    .addOption(
      new Option("--bytes <n>", `with --eval: size of the largest file (default: ${EVAL_BYTES})`).argParser(count),
    )
    .option("--case <id...>", "cases to measure (default: all)")
    .option("--backend <name...>", "backends of ours to measure (default: all)")
    .option("--peers [name...]", "measure peers too: all, or those whose names begin so")
    .addOption(new Option("--rounds <n>", "times that each is measured").argParser(count).default(DEFAULT_ROUNDS))
    .option("--json <file>", "write every single time, and the machine")
    .option("--report [file]", `write a page (${reportFile({})}), and the results in docs/benchmarks.md`)
    .addHelpText("after", HELP);
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError("must be a whole number of at least 1");
}

/** @throws UsageError for an id that is no case's */
export function casesOf({ case: ids, ...flags }: Flags): readonly BenchCase[] {
  return casesNamed(SUITES[placeOf(flags)].cases, ids);
}

/** The same with `eval`. @throws UsageError for what is no format */
export function formatsOf({ case: ids }: Flags): readonly EvalFormat[] {
  return casesNamed(
    EVAL_FORMATS.map((id) => ({ id })),
    ids,
  ).map(({ id }) => id);
}

function casesNamed<T extends { readonly id: string }>(
  all: readonly T[],
  ids: readonly string[] | undefined,
): readonly T[] {
  if (ids === undefined) return all;
  return ids.map((id) => {
    const found = all.find((each) => each.id === id);
    if (found !== undefined) return found;
    throw new UsageError(`--case must be one of ${all.map((each) => each.id).join(", ")}; got "${id}"`);
  });
}

/** Ours, the loop and ours in two steps where there are such, and the peers that were asked for. @throws UsageError for a name that is nobody's */
export function entrantsOf(flags: Flags): readonly Entrant[] {
  return chosen(SUITES[placeOf(flags)].entrants, flags);
}

/** The same with `eval`. @throws UsageError for a name that is nobody's */
export function evalContestantsOf(flags: Flags): readonly EvalContestant[] {
  return chosen(EVAL_CONTESTANTS, flags);
}

/** What the choice looks at. */
interface Named {
  readonly name: string;
  readonly role: string;
}

function chosen<T extends Named>(all: readonly T[], { backend, peers }: Flags): readonly T[] {
  const ours = all.filter(({ role }) => role === "ours");
  const others = all.filter(({ role }) => role === "peer");
  const left = new Set<T>([
    ...(backend === undefined ? [] : except(ours, named("--backend", ours, backend))),
    ...(peers === true ? [] : except(others, peers === undefined ? [] : named("--peers", others, peers))),
  ]);
  return all.filter((each) => !left.has(each));
}

function except<T>(all: readonly T[], some: readonly T[]): readonly T[] {
  return all.filter((each) => !some.includes(each));
}

function named<T extends Named>(option: string, all: readonly T[], names: readonly string[]): readonly T[] {
  const begins = ({ name }: T, start: string): boolean => name.toLowerCase().startsWith(start.toLowerCase());
  const unknown = names.find((start) => !all.some((each) => begins(each, start)));
  if (unknown === undefined) return all.filter((each) => names.some((start) => begins(each, start)));
  throw new UsageError(`${option} must be one of ${all.map(({ name }) => name).join("; ")}; got "${unknown}"`);
}

/** @throws UsageError for what is no option of this measurement, and for a file whose folder is not there */
export function checkFlags({ json, bytes, ...flags }: Flags): void {
  if (bytes !== undefined && flags.eval !== true) throw new UsageError("--bytes is an option of --eval");
  if (json !== undefined && !existsSync(dirname(json))) {
    throw new UsageError(`--json: there is no folder "${dirname(json)}"`);
  }
}
