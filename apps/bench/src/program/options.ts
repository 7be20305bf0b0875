import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { WEBGPU_CASES } from "../cases-webgpu.ts";
import { type BenchCase, CASES, shapeText } from "../cases.ts";
import type { Entrant } from "../contestant.ts";
import { ENTRANTS } from "../contestants/all.ts";
import { WEBGPU_ENTRANTS } from "../contestants/webgpu.ts";

/** What `pnpm bench` was asked for. */
export interface Flags {
  readonly case?: readonly string[];
  readonly backend?: readonly string[];
  /** True: all peers. */
  readonly peers?: true | readonly string[];
  /** Pages of Chromium on WebGPU, instead of processes on the CPU. */
  readonly webgpu?: true;
  readonly rounds: number;
  readonly json?: string;
  /** True: the usual file. */
  readonly report?: true | string;
}

/** A mistake on the command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Where `--report` writes the page unless told otherwise, from the repository root. */
export function reportFile({ webgpu }: Pick<Flags, "webgpu">): string {
  return webgpu ? "reports/bench-webgpu.html" : "reports/bench.html";
}

const DEFAULT_ROUNDS = 7;

const HELP = `
Cases:
${caseList(CASES)}

Contestants:
${entrantList(ENTRANTS)}

Cases with --webgpu:
${caseList(WEBGPU_CASES)}

Contestants with --webgpu:
${entrantList(WEBGPU_ENTRANTS)}`;

function caseList(cases: readonly BenchCase[]): string {
  return cases.map((each) => `  ${each.id.padEnd(22)}${shapeText(each)}: ${each.about}`).join("\n");
}

function entrantList(entrants: readonly Entrant[]): string {
  return entrants.map(({ name, role }) => `  ${name.padEnd(34)}${role}`).join("\n");
}

/** The command line. */
export function commandLine(): Command {
  return new Command("bench")
    .description("Measures speed and memory beside other ways to compute the same.")
    .option("--webgpu", "measure pages of Chromium on WebGPU, with cases of their own")
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
export function casesOf({ case: ids, webgpu }: Flags): readonly BenchCase[] {
  const all = webgpu ? WEBGPU_CASES : CASES;
  if (ids === undefined) return all;
  return ids.map((id) => {
    const found = all.find((each) => each.id === id);
    if (found !== undefined) return found;
    throw new UsageError(`--case must be one of ${all.map((each) => each.id).join(", ")}; got "${id}"`);
  });
}

/** Ours, the loop where there is one, and the peers that were asked for. @throws UsageError for a name that is nobody's */
export function entrantsOf({ backend, peers, webgpu }: Flags): readonly Entrant[] {
  const all = webgpu ? WEBGPU_ENTRANTS : ENTRANTS;
  const ours = all.filter(({ role }) => role === "ours");
  const others = all.filter(({ role }) => role === "peer");
  return [
    ...(backend === undefined ? ours : named("--backend", ours, backend)),
    ...all.filter(({ role }) => role === "loop"),
    ...(peers === undefined ? [] : peers === true ? others : named("--peers", others, peers)),
  ];
}

function named(option: string, all: readonly Entrant[], names: readonly string[]): readonly Entrant[] {
  const begins = ({ name }: Entrant, start: string): boolean => name.toLowerCase().startsWith(start.toLowerCase());
  const unknown = names.find((start) => !all.some((each) => begins(each, start)));
  if (unknown === undefined) return all.filter((each) => names.some((start) => begins(each, start)));
  throw new UsageError(`${option} must be one of ${all.map(({ name }) => name).join("; ")}; got "${unknown}"`);
}

/** @throws UsageError for a file whose folder is not there */
export function checkFolders({ json }: Flags): void {
  if (json !== undefined && !existsSync(dirname(json))) {
    throw new UsageError(`--json: there is no folder "${dirname(json)}"`);
  }
}
