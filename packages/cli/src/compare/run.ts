import { BACKENDS, type BackendEntry, chooseBackend } from "../backends.ts";
import { BLOCK_BYTES, type InputBlock } from "../eval/blocks.ts";
import { planOf } from "../eval/evaluate.ts";
import { explain } from "../eval/explain.ts";
import { type EvalInputs, openInputs } from "../eval/inputs.ts";
import type { EvalFiles, EvalOptions } from "../eval/options.ts";
import { CliError, EXIT } from "../exit.ts";
import { interruptedAfter, onInterrupt } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { STDIN } from "../readers/open-bytes.ts";
import { toJson } from "../report/json.ts";
import { type RowProgress, rowProgress } from "../report/progress-bar.ts";
import { styleFor } from "../report/style.ts";
import { Comparison } from "./comparison.ts";
import { PairEvaluator } from "./pair-evaluator.ts";
import type { CompareReport } from "./report.ts";
import { checkAlike, pairsOf, type Side, type Sides } from "./sides.ts";

/** The options of `surprisal compare` as they were given. */
export type CompareOptions = Pick<
  EvalOptions,
  "classDim" | "format" | "fromProbabilities" | "ignoreIndex" | "json" | "logits" | "target" | "targetFormat"
> & { readonly backend: string };

/** What is compared. */
export interface CompareFiles {
  readonly a: string;
  readonly b: string;
  readonly targets: string;
}

/** What tests change. */
export interface CompareSetting {
  readonly entries?: readonly BackendEntry[];
  readonly blockBytes?: number;
}

/**
 * `surprisal compare`: reads both models' logits in step, compares, and writes the report to stdout. All is computed in f64.
 * @throws FormatError for files that do not go together; CliError for usage, and after an interruption
 */
export async function runCompare(
  files: CompareFiles,
  options: CompareOptions,
  io: Io,
  setting: CompareSetting = {},
): Promise<void> {
  if (Object.values(files).includes(STDIN)) {
    throw new CliError(EXIT.usage, "compare reads each file more than once: standard input (-) cannot be taken");
  }
  const opened: EvalInputs[] = [];
  const names = (logits: string): EvalFiles => ({
    logits,
    targets: files.targets,
    weight: undefined,
    rowWeight: undefined,
  });
  try {
    const sides = { a: await open(names(files.a)), b: await open(names(files.b)) };
    checkAlike(sides);
    const report = await makeReport(files, sides, options, { io, ...setting });
    io.stdout.write(options.json === true ? toJson(report) : await rendered(report, io));
  } catch (error) {
    throw explain(error, names(`${files.a}, ${files.b}`));
  } finally {
    for (const each of opened) each.close();
  }

  async function open(sideFiles: EvalFiles): Promise<Side> {
    const evalOptions: EvalOptions = { ...options, reduction: "mean" };
    const inputs = await openInputs(sideFiles, evalOptions);
    opened.push(inputs);
    const { ignoreIndex } = options;
    const plan = await planOf(inputs, ignoreIndex === undefined ? {} : { ignoreIndex }, {
      fromProbabilities: false, // blocks are logarithms by then
      posWeight: undefined,
    });
    return { inputs, plan: { ...plan, dtypes: { ...plan.dtypes, logits: "f64" } }, dtype: inputs.logits.dtype };
  }
}

async function makeReport(
  files: CompareFiles,
  sides: Sides,
  options: CompareOptions,
  { io, entries = BACKENDS, blockBytes = BLOCK_BYTES }: CompareSetting & { readonly io: Io },
): Promise<CompareReport> {
  const { backend, passedOver } = await chooseBackend(
    options.backend,
    entries.filter(({ name }) => name !== "gpu"), // it has no f64
  );
  const { outer, inner } = sides.a.plan.geometry;
  const total = outer === undefined ? undefined : outer * inner;
  const progress = rowProgress(io.stderr, total);
  const start = performance.now();
  try {
    const evaluator = new PairEvaluator(sides, { backend, fromProbabilities: options.fromProbabilities === true });
    const comparison = await compareRows(pairsOf(sides, blockBytes), evaluator, { progress, total });
    return {
      version: 1,
      command: "compare",
      files,
      backend: { name: backend.name, passedOver },
      ...comparison.result(),
      milliseconds: performance.now() - start,
    };
  } finally {
    progress.stop();
    backend.dispose();
  }
}

async function compareRows(
  blocks: AsyncIterable<readonly [InputBlock, InputBlock]>,
  evaluator: PairEvaluator,
  { progress, total }: { readonly progress: RowProgress; readonly total: number | undefined },
): Promise<Comparison> {
  const comparison = new Comparison();
  let interrupted = false;
  using _ = onInterrupt(() => (interrupted = true));
  let done = 0;
  for await (const [a, b] of blocks) {
    comparison.add(await evaluator.evaluate(a, b));
    done += a.rows;
    progress.update(done);
    await new Promise(setImmediate); // signals come in between
    if (interrupted) throw interruptedAfter(done, total);
  }
  return comparison;
}

/** Tables are not loaded for `--json`. */
async function rendered(report: CompareReport, io: Io): Promise<string> {
  const { renderCompare } = await import("./render.ts");
  return renderCompare(report, styleFor(io.stdout));
}
