import { crossEntropy, tensor } from "@surprisal/core";
import { type BackendEntry, BACKENDS, type Chosen } from "../backends.ts";
import { CliError, EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { Metrics } from "../metrics/metrics.ts";
import { type Evaluation, evaluationOf } from "../report/evaluation.ts";
import { checkGates } from "../report/gates.ts";
import { toJson } from "../report/json.ts";
import { styleFor } from "../report/style.ts";
import { rowProgress } from "../report/progress-bar.ts";
import { makeFolder } from "../write-whole.ts";
import { countRows } from "./count-rows.ts";
import { evaluateRows, type Evaluated, metricSettingsOf, planOf } from "./evaluate.ts";
import type { EvaluationPlan } from "./evaluator.ts";
import { explain } from "./explain.ts";
import { type EvalInputs, openInputs } from "./inputs.ts";
import { type EvalFiles, type EvalOptions, flagOf, lossOptions } from "./options.ts";
import { inRange } from "./row-range.ts";
import { openState } from "./stateful.ts";
import { type EvalReport, finalShape } from "./report.ts";
import { targetsPerRow } from "./blocks.ts";
import { Evaluators } from "./evaluators.ts";
import { trialBlock } from "./trial-block.ts";

/** What tests change. */
export interface EvalSetting {
  readonly entries?: readonly BackendEntry[];
  readonly blockBytes?: number;
  /** Between two turns of the event loop, in milliseconds. */
  readonly turn?: number;
  /** Between two checkpoints, in milliseconds. */
  readonly pause?: number;
}

/** `surprisal eval`: reads, evaluates, and writes the report to stdout. */
export async function runEval(
  files: Pick<EvalFiles, "logits" | "targets">,
  options: EvalOptions,
  io: Io,
  setting: EvalSetting = {},
): Promise<void> {
  const all: EvalFiles = { ...files, weight: options.weight, rowWeight: options.rowWeight };
  try {
    checkOptions(options);
    if (options.report !== undefined) await makeFolder(options.report);
    const inputs = await openInputs(all, options);
    try {
      const { report, evaluation } = await makeReport(inputs, all, options, { io, ...setting });
      io.stdout.write(options.json === true ? toJson(report) : await rendered(report, evaluation, io));
      if (options.report !== undefined) {
        const { writePage } = await import("./page.ts");
        await writePage(options.report, report, evaluation);
      }
      checkGates(evaluation, options);
    } finally {
      inputs.close();
    }
  } catch (error) {
    throw explain(error, all);
  }
}

/** Options are wrong before any file is opened: a loss of one row says so. */
function checkOptions(options: EvalOptions): void {
  const { ignoreIndex: _any, ...loss } = lossOptions(options);
  crossEntropy(tensor([[0]]), tensor([0], [1], { dtype: "i64" }), loss).dispose();
  if (options.state === undefined && (options.shard !== undefined || options.resume === true)) {
    throw new CliError(EXIT.usage, "--shard and --resume need --state, the file that remembers what was found");
  }
  if (options.binary !== true) {
    if (options.posWeight !== undefined) throw new CliError(EXIT.usage, "--pos-weight is an option of --binary");
    return;
  }
  const categorical = [
    "weight",
    "classDim",
    "ignoreIndex",
    "labelSmoothing",
    "logitScale",
    "softcap",
    "zLoss",
    "compat",
  ] as const;
  const given = categorical.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  throw new CliError(
    EXIT.usage,
    `--${flagOf(given)} is an option of losses over classes; it does not go with --binary`,
  );
}

async function makeReport(
  inputs: EvalInputs,
  files: EvalFiles,
  options: EvalOptions,
  { io, entries = BACKENDS, blockBytes, turn, pause }: EvalSetting & { readonly io: Io },
): Promise<Found> {
  const { fromProbabilities = false, posWeight } = options;
  const plan = await planOf(inputs, lossOptions(options), { fromProbabilities, posWeight });
  using evaluators = new Evaluators(entries, options.backend, plan);
  const metricSettings = metricSettingsOf(plan, options.topK);
  const stateful =
    options.state === undefined
      ? undefined
      : await openState(options.state, inputs, plan, options, {
          metrics: metricSettings,
          backend: await evaluators.settle(trialBlock(inputs)),
          countRows: () => countRows(files, options, rowProgress(io.stderr, undefined)),
        });
  const part = stateful === undefined ? inputs : inRange(inputs, stateful.range);
  const { outer, inner } = part.geometry;
  const total = outer === undefined ? undefined : outer * inner;
  const progress = rowProgress(io.stderr, total);
  try {
    const evaluated = await evaluateRows(part, evaluators.evaluate.bind(evaluators), {
      keepLosses: options.reduction === "none",
      progress,
      total,
      blockBytes,
      lend: evaluators.lend.bind(evaluators),
      turn,
      pause,
      metrics: stateful?.metrics ?? new Metrics(metricSettings),
      firstRow: stateful?.rows.next ?? 0,
      checkpoint: stateful?.save.bind(stateful),
    });
    return reportOf({ inputs, files, plan, evaluated, chosen: await evaluators.chosen(), bytes: options.bytes });
  } finally {
    progress.stop();
  }
}

interface Parts {
  readonly inputs: EvalInputs;
  readonly files: EvalFiles;
  readonly plan: EvaluationPlan;
  readonly evaluated: Evaluated;
  readonly chosen: Chosen;
  readonly bytes: number | undefined;
}

/** What JSON gets, and what tables, pages and gates look at: for reduction `"none"` that has the mean. */
interface Found {
  readonly report: EvalReport;
  readonly evaluation: Evaluation;
}

function reportOf({ inputs, files, plan, evaluated, chosen, bytes }: Parts): Found {
  const { logits, targets, geometry } = inputs;
  const { backend, passedOver } = chosen;
  const { losses } = evaluated;
  const { reduction = "mean", normalizer, onEmpty } = plan.loss;
  const metrics = evaluated.metrics.result();
  const reduced = {
    reduction: reduction === "none" ? "mean" : reduction,
    ...(normalizer !== undefined && { normalizer }),
    ...(onEmpty !== undefined && { onEmpty: reduction === "none" && onEmpty === "throw" ? "nan" : onEmpty }),
  } as const;
  const evaluation = evaluationOf(metrics, { reduction: reduced, bytes });
  const { loss, lossBits, perplexity, bitsPerByte, rows, keptRows, correct, accuracy } = evaluation;
  const report: EvalReport = {
    version: 1,
    command: "eval",
    logits: {
      file: files.logits,
      shape: finalShape(logits.shape, rows * geometry.classes),
      dtype: logits.dtype,
      classDim: geometry.classDim,
      probabilities: plan.fromProbabilities,
    },
    targets: {
      file: files.targets ?? files.logits,
      shape: finalShape(targets.shape, rows * targetsPerRow(geometry)),
      dtype: targets.dtype,
      kind: geometry.kind,
    },
    reduction,
    loss: losses ?? loss,
    lossBits: losses?.map((each) => each / Math.LN2) ?? lossBits,
    perplexity,
    rows,
    keptRows,
    correct,
    accuracy,
    ...(bitsPerByte !== undefined && { bitsPerByte }),
    metrics,
    backend: { name: backend.name, passedOver },
    milliseconds: evaluated.milliseconds,
  };
  return { report, evaluation };
}

/** Tables are not loaded for `--json`. */
async function rendered(report: EvalReport, evaluation: Evaluation, io: Io): Promise<string> {
  const { renderEval } = await import("./render.ts");
  return renderEval(report, evaluation, styleFor(io.stdout));
}
