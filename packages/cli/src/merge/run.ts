import { CliError, EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { type Evaluation, evaluationOf } from "../report/evaluation.ts";
import { checkGates, type Gates } from "../report/gates.ts";
import { toJson } from "../report/json.ts";
import { styleFor } from "../report/style.ts";
import { readState } from "../state/file.ts";
import type { StateSettings } from "../state/state.ts";
import { makeFolder, writeWhole } from "../write-whole.ts";
import { Merge, type Merged, type Missing } from "./merge.ts";

/** The options of `surprisal merge` as they were given. */
export interface MergeOptions extends Gates {
  readonly json?: boolean;
  /** Where to write the page. */
  readonly report?: string;
}

/** What `surprisal merge --json` writes. Fields are added within a version, never changed or taken away. */
export interface MergeReport extends Evaluation {
  readonly version: 1;
  readonly command: "merge";
  readonly shards: number;
  readonly settings: StateSettings;
}

/**
 * `surprisal merge`: reads the states one after the other, and writes the report to stdout.
 * @throws CliError with exit code 1 after the report if a gate fails; with 75 and their numbers if shards are missing; with 3 for states that do not go together;
 *   FormatError for files that are no states
 */
export async function runMerge(files: readonly string[], options: MergeOptions, io: Io): Promise<void> {
  if (options.report !== undefined) await makeFolder(options.report);
  const merge = new Merge();
  for (const file of files) merge.add(file, await readState(file));
  const merged = merge.finish();
  if (!("metrics" in merged)) throw incomplete(merged);
  const report = reportOf(merged);
  io.stdout.write(options.json === true ? toJson(report) : await rendered(report, io));
  if (options.report !== undefined) await writePage(options.report, report);
  checkGates(report, options);
}

/** The page's own code is loaded only for it. */
async function writePage(file: string, report: MergeReport): Promise<void> {
  const { htmlReport } = await import("../report/html/page.ts");
  const { options, metrics } = report.settings;
  const settings = Object.entries({ ...options, classes: metrics.classes, shards: report.shards });
  const title = String(options["logits"] ?? "Evaluation");
  await writeWhole(
    file,
    htmlReport(report, { title, settings: settings.map(([name, value]) => [name, String(value)]) }),
  );
}

function reportOf({ metrics, settings, shards }: Merged): MergeReport {
  return { version: 1, command: "merge", shards, settings, ...evaluationOf(metrics.result(), settings) };
}

/** Tables are not loaded for `--json`. */
async function rendered(report: MergeReport, io: Io): Promise<string> {
  const { renderMerge } = await import("./render.ts");
  return renderMerge(report, styleFor(io.stdout));
}

function incomplete({ shards, absent, unfinished }: Missing): CliError {
  const parts = [
    ...(absent.length > 0 ? [`missing ${rangesText(absent)} of ${shards} shards`] : []),
    ...unfinished.map(
      ({ index, file, rowsLeft }) => `shard ${index} (${file}) is not finished: ${rowsLeft} rows are left`,
    ),
  ];
  return new CliError(EXIT.incomplete, parts.join("; "));
}

/** `1, 4-6, 9`, for numbers in order. */
export function rangesText(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const each of numbers) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === each - 1) range[1] = each;
    else ranges.push([each, each]);
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(", ");
}
