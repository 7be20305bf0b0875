import * as fc from "fast-check";
import type { Backend } from "@surprisal/core";
import type { Case } from "../case.ts";
import { FAMILIES } from "../cases/all.ts";
import type { Family } from "../cases/family.ts";
import type { ConformanceOptions } from "../conformance.ts";
import { judge, type Verdict } from "../judge/judge.ts";
import { FLOAT32 } from "../oracle/algebra.ts";
import type { LaneReport } from "../report/report.ts";
import { caseOf } from "../suite.ts";
import { Tally } from "../tally.ts";
import { arbitraryAddress } from "./arbitrary.ts";

/** What is to be soaked, for how long, and from where the random cases start. */
export interface SoakOptions extends ConformanceOptions {
  readonly seconds: number;
  /** After this many cases it ends too. Default: no such limit. */
  readonly cases?: number;
  /** The same seed draws the same cases in the same order. */
  readonly seed: number;
}

/** A case and what it came to. */
interface Judged {
  readonly subject: Case;
  readonly verdict: Verdict;
}

/**
 * Judges random cases until the time is over, the number of cases is reached, or one fails. A failure is shrunk: the report has the smallest case that was
 * found to fail, and counts it in place of the one that was drawn. `options.address` is how the families' names start;
 * `options.every` means nothing here, and `onCase` is told of infinitely many cases.
 *
 * @returns the lane's report. A backend that cannot be created gives a report with a `problem`.
 * @throws Error where no family has such a name, or where a case cannot be made
 * @example
 * ```ts
 * const report = await soak({ name: "cpu", create: () => cpu(), address: "softmax", seconds: 1, seed: 7 });
 * console.log(report.totals.failed); // 0
 * ```
 */
export async function soak(options: SoakOptions): Promise<LaneReport> {
  const addresses = arbitraryAddress(familiesOf(options.address));
  const tally = new Tally(options.name);
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  let backend: Backend;
  try {
    backend = await options.create();
  } catch (error) {
    return { ...tally.report({}, seconds()), problem: `could not start: ${String(error)}` };
  }
  try {
    const smallest = await drawn(addresses, tally, backend, options);
    if (smallest !== undefined) tally.add(smallest.subject, smallest.verdict);
    const report = tally.report(backend.describe(), seconds());
    return report.totals.cases > 0 ? report : { ...report, problem: "no case was run" };
  } finally {
    backend.dispose();
  }
}

/** The families whose names start with `address`: all without one. */
export function familiesOf(address = "", among: readonly Family[] = FAMILIES): readonly Family[] {
  const found = among.filter(({ name }) => name.startsWith(address));
  if (found.length > 0) return found;
  throw new Error(`no family's name starts with "${address}"; there are ${among.map(({ name }) => name).join(", ")}`);
}

/** Judges case after case; gives the smallest failure. Cases that are only tried in order to shrink it are not counted. */
async function drawn(
  addresses: fc.Arbitrary<string>,
  tally: Tally,
  backend: Backend,
  options: SoakOptions,
): Promise<Judged | undefined> {
  const { arithmetic = FLOAT32, mode = "all", onCase } = options;
  let failure: Judged | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let done = 0;

  async function passes(address: string): Promise<boolean> {
    const subject = caseOf(address);
    const verdict = await judge(subject, backend, arithmetic, mode);
    const shrinking = failure !== undefined;
    if (verdict.kind === "failed") failure = { subject, verdict };
    else if (!shrinking) tally.add(subject, verdict);
    if (!shrinking) onCase?.({ address, done: ++done, all: Infinity });
    return verdict.kind !== "failed";
  }

  const property = fc.asyncProperty(addresses, async (address) => {
    const verdict = passes(address);
    running = verdict.catch(() => false); // who asked hears of it
    return verdict;
  });
  const details = await fc.check<unknown>(property, {
    seed: options.seed,
    numRuns: options.cases ?? Number.MAX_SAFE_INTEGER,
    plugins: [fc.interruptAfterTimeLimit(options.seconds * 1000)],
  });
  await running; // the case that ran when the time was over
  const [address] = (details.counterexample ?? []) as readonly string[];
  if (address !== undefined && address !== failure?.subject.address) {
    throw new Error(`${address} cannot be judged`, { cause: details.errorInstance });
  }
  return failure;
}
