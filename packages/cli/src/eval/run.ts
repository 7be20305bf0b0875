import { type Backend, crossEntropy, isSurprisalError, tensor } from "@surprisal/core";
import { type BackendEntry, BACKENDS, chooseBackend, type Chosen } from "../backends.ts";
import { CliError, EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { Metrics } from "../metrics/metrics.ts";
import { bitsPerByte } from "../metrics/reduced.ts";
import { checkGates } from "../report/gates.ts";
import { toJson } from "../report/json.ts";
import { styleFor } from "../report/style.ts";
import { rowProgress } from "../report/progress-bar.ts";
import { binaryEvaluator } from "./binary.ts";
import { categoricalEvaluator } from "./categorical.ts";
import { countRows } from "./count-rows.ts";
import { evaluateRows, type Evaluated, metricSettingsOf, planOf } from "./evaluate.ts";
import type { EvaluationPlan, Evaluator } from "./evaluator.ts";
import { explain } from "./explain.ts";
import { type EvalInputs, openInputs } from "./inputs.ts";
import { type EvalFiles, type EvalOptions, lossOptions } from "./options.ts";
import { reduced } from "./reduce.ts";
import { inRange } from "./row-range.ts";
import { openState } from "./stateful.ts";
import { type EvalReport, evaluationOf, finalShape } from "./report.ts";
import { targetsPerRow } from "./blocks.ts";

/** What tests change. */
export interface EvalSetting {
  readonly entries?: readonly BackendEntry[];
  readonly blockBytes?: number;
  /** Between two turns of the event loop, in milliseconds. */
  readonly turn?: number;
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
    const inputs = await openInputs(all, options);
    try {
      const report = await makeReport(inputs, all, options, { io, ...setting });
      if (options.report !== undefined) {
        const { writePage } = await import("./page.ts");
        await writePage(options.report, report);
      }
      io.stdout.write(options.json === true ? toJson(report) : await rendered(report, io));
      checkGates(evaluationOf(report), options);
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
  const flag = given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new CliError(EXIT.usage, `--${flag} is an option of losses over classes; it does not go with --binary`);
}

async function makeReport(
  inputs: EvalInputs,
  files: EvalFiles,
  options: EvalOptions,
  { io, entries = BACKENDS, blockBytes, turn }: EvalSetting & { readonly io: Io },
): Promise<EvalReport> {
  const { fromProbabilities = false, posWeight } = options;
  const plan = await planOf(inputs, lossOptions(options), { fromProbabilities, posWeight });
  using evaluators = new Evaluators(entries, options.backend, plan);
  const metricSettings = metricSettingsOf(plan, options.topK);
  const stateful =
    options.state === undefined
      ? undefined
      : await openState(options.state, inputs, plan, options, {
          metrics: metricSettings,
          backend: (await evaluators.chosen()).backend.name,
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
      turn,
      metrics: stateful?.metrics ?? new Metrics(metricSettings),
      firstRow: stateful?.rows.next ?? 0,
      checkpoint: stateful?.save.bind(stateful),
    });
    return reportOf({ inputs, files, plan, evaluated, chosen: await evaluators.chosen(), bytes: options.bytes });
  } finally {
    progress.stop();
  }
}

/** The backend that was asked for. `auto` goes on to the next where one refuses the first block, as a GPU refuses f64. */
class Evaluators implements Disposable {
  #entries: readonly BackendEntry[];
  readonly #wanted: string;
  readonly #plan: EvaluationPlan;
  #evaluator: Evaluator | undefined;
  #passedOver: Chosen["passedOver"] = [];

  constructor(entries: readonly BackendEntry[], wanted: string, plan: EvaluationPlan) {
    this.#entries = entries;
    this.#wanted = wanted;
    this.#plan = plan;
  }

  async evaluate(block: Parameters<Evaluator["evaluate"]>[0]): ReturnType<Evaluator["evaluate"]> {
    const evaluator = (this.#evaluator ??= await this.#choose());
    try {
      return await evaluator.evaluate(block);
    } catch (error) {
      if (this.#wanted !== "auto" || this.#entries.length === 0 || block.firstRow > 0 || !isRefusal(error)) throw error;
      this[Symbol.dispose]();
      this.#passedOver = [...this.#passedOver, { name: evaluator.backend.name, reason: error.message }];
      return this.evaluate(block);
    }
  }

  /** The backend that computed, also where there was nothing to compute. */
  async chosen(): Promise<Chosen> {
    this.#evaluator ??= await this.#choose();
    return { backend: this.#evaluator.backend, passedOver: this.#passedOver };
  }

  [Symbol.dispose](): void {
    this.#evaluator?.dispose();
    this.#evaluator = undefined;
  }

  async #choose(): Promise<Evaluator> {
    const { backend, passedOver } = await chooseBackend(this.#wanted, this.#entries);
    this.#entries = this.#entries.slice(passedOver.length + 1);
    this.#passedOver = [...this.#passedOver, ...passedOver];
    return evaluatorOn(this.#plan, backend);
  }
}

function evaluatorOn(plan: EvaluationPlan, backend: Backend): Evaluator {
  return plan.geometry.kind === "binary" ? binaryEvaluator(plan, backend) : categoricalEvaluator(plan, backend);
}

function isRefusal(error: unknown): error is Error {
  return isSurprisalError(error) && error.code === "backend-refused";
}

interface Parts {
  readonly inputs: EvalInputs;
  readonly files: EvalFiles;
  readonly plan: EvaluationPlan;
  readonly evaluated: Evaluated;
  readonly chosen: Chosen;
  readonly bytes: number | undefined;
}

function reportOf({ inputs, files, plan, evaluated, chosen, bytes }: Parts): EvalReport {
  const { logits, targets, geometry } = inputs;
  const { backend, passedOver } = chosen;
  const metrics = evaluated.metrics.result();
  const { rows, keptRows, correct, accuracy } = metrics;
  return {
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
    reduction: plan.loss.reduction ?? "mean",
    ...reduced(metrics, plan.loss, evaluated.losses),
    rows,
    keptRows,
    correct,
    accuracy,
    ...(bytes !== undefined && { bitsPerByte: bitsPerByte(metrics, bytes) }),
    metrics,
    backend: { name: backend.name, passedOver },
    milliseconds: evaluated.milliseconds,
  };
}

/** Tables are not loaded for `--json`. */
async function rendered(report: EvalReport, io: Io): Promise<string> {
  const { renderEval } = await import("./render.ts");
  return renderEval(report, styleFor(io.stdout));
}
