import type { Backend } from "@surprisal/core";
import type { Case } from "./case.ts";
import { judge, type Mode } from "./judge/judge.ts";
import { type Arithmetic, FLOAT32 } from "./oracle/algebra.ts";
import type { LaneReport } from "./report/report.ts";
import { allCases, casesAt, sample } from "./suite.ts";
import { Tally } from "./tally.ts";

/** What is to be judged, and by what. */
export interface ConformanceOptions {
  /** Names the backend in the report. */
  readonly name: string;
  /** Makes the backend; it is disposed at the end. */
  readonly create: () => Backend | Promise<Backend>;
  /** How exactly the backend computes, from which follows how far off it may be. Default `FLOAT32`. */
  readonly arithmetic?: Arithmetic;
  /** Judges losses and values, gradients, or both. Default `"all"`. */
  readonly mode?: Mode;
  /** Only cases whose address is this, starts with it, or matches it (`*` stands for anything). Default: all. */
  readonly address?: string;
  /** Only every so manieth case. Default 1: all. */
  readonly every?: number;
  /** Called after each case. */
  readonly onCase?: (progress: { readonly address: string; readonly done: number; readonly all: number }) => void;
}

/**
 * Judges a backend: thousands of cases of every operation against a float64 oracle and real PyTorch's recorded answers, with
 * guard words around every buffer. What the backend refuses is counted with its reason, and is no failure.
 *
 * @returns the lane's report: counts, the worst error of each operation and dtype, and each failure with its first wrong
 *   elements. A backend that cannot be created gives a report with a `problem`, and so does one that ran no case.
 * @throws UsageError for an address that is none
 * @example
 * ```ts
 * import { conformance } from "@surprisal/conformance";
 * import { cpu } from "@surprisal/core";
 * const report = await conformance({ name: "cpu", create: () => cpu(), address: "softmax", every: 10 });
 * console.log(report.totals.failed, report.totals.passed > 20); // 0 true
 * ```
 */
export async function conformance(options: ConformanceOptions): Promise<LaneReport> {
  const { address, every = 1 } = options;
  const cases = address === undefined ? await allCases() : await casesAt(address);
  return judgeCases(sample(cases, every), options);
}

/** The same for cases that are at hand already. */
export async function judgeCases(cases: readonly Case[], options: ConformanceOptions): Promise<LaneReport> {
  const { name, create, arithmetic = FLOAT32, mode = "all", onCase } = options;
  const tally = new Tally(name);
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  let backend: Backend;
  try {
    backend = await create();
  } catch (error) {
    return { ...tally.report({}, seconds()), problem: `could not start: ${String(error)}` };
  }
  try {
    for (const [i, each] of cases.entries()) {
      tally.add(each, await judge(each, backend, arithmetic, mode));
      onCase?.({ address: each.address, done: i + 1, all: cases.length });
    }
    const report = tally.report(backend.describe(), seconds());
    return report.totals.cases > 0 ? report : { ...report, problem: "no case was run" };
  } finally {
    backend.dispose();
  }
}
