import { BACKENDS, type BackendEntry, isSoftware, open, unavailable } from "../backends.ts";
import type { Io } from "../io.ts";
import { count } from "../report/numbers.ts";
import { toJson } from "../report/json.ts";
import { progressOn } from "../report/progress.ts";
import { styleFor } from "../report/style.ts";
import { crossoverOf } from "./crossover.ts";
import { type Effort, measure, type Size } from "./measure.ts";
import type { BenchBackend, BenchReport, BenchTime } from "./report.ts";

/** The options of `surprisal bench` as they were given. */
export interface BenchOptions {
  readonly backend: string;
  readonly json?: boolean;
}

/** What is measured; tests measure less. */
export interface BenchSetting {
  readonly entries?: readonly BackendEntry[];
  readonly sizes?: readonly Size[];
  readonly effort?: Effort;
}

/** From a classifier's few rows to a language model's. With the effort below some ten seconds, for three backends. */
const SIZES: readonly Size[] = [
  { rows: 8, classes: 10 },
  { rows: 128, classes: 10 },
  { rows: 128, classes: 100 },
  { rows: 128, classes: 1000 },
  { rows: 1024, classes: 1000 },
  { rows: 128, classes: 32_000 },
];
const EFFORT: Effort = { milliseconds: 250, fewestRuns: 3 };

/**
 * `surprisal bench`: times every backend at every size, and writes the report to stdout.
 * @throws CliError with exit code 4 if no backend, or not the one that was asked for, can be had
 */
export async function runBench(options: BenchOptions, io: Io, setting: BenchSetting = {}): Promise<void> {
  const { entries = BACKENDS, sizes = SIZES, effort = EFFORT } = setting;
  const wanted = entries.filter(({ name }) => options.backend === "auto" || options.backend === name);
  const progress = progressOn(io.stderr);
  const backends: BenchBackend[] = [];
  const times: BenchTime[][] = sizes.map(() => []);
  try {
    for (const entry of wanted) {
      const opened = await open(entry);
      if (!("backend" in opened)) {
        backends.push({ name: entry.name, available: false, reason: opened.reason });
        continue;
      }
      backends.push({ name: entry.name, available: true, software: isSoftware(opened.backend) });
      try {
        for (const [i, size] of sizes.entries()) {
          progress.show(`${entry.name}: ${count(size.rows)} × ${count(size.classes)}`);
          times[i]?.push(await measure(opened.backend, size, effort));
        }
      } finally {
        opened.backend.dispose();
      }
    }
  } finally {
    progress.clear();
  }
  const missing = backends.flatMap((each) => (each.available ? [] : [each]));
  if (missing.length === backends.length) throw unavailable(options.backend, missing);
  const cases = sizes.map((size, i) => ({ ...size, times: times[i] ?? [] }));
  const report: BenchReport = { version: 1, command: "bench", backends, cases, crossover: crossoverOf(cases) };
  io.stdout.write(options.json === true ? toJson(report) : await rendered(report, io));
}

/** Tables are not loaded for `--json`. */
async function rendered(report: BenchReport, io: Io): Promise<string> {
  const { renderBench } = await import("./render.ts");
  return renderBench(report, styleFor(io.stdout));
}
