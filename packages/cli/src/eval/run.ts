import { isSurprisalError } from "@surprisal/core";
import { type BackendEntry, BACKENDS, chooseBackend, type Chosen } from "../backends.ts";
import type { Io } from "../io.ts";
import { toJson } from "../report/json.ts";
import { styleFor } from "../report/style.ts";
import { type Evaluation, evaluate } from "./compute.ts";
import { explain } from "./explain.ts";
import { type EvalInputs, readInputs } from "./inputs.ts";
import { type EvalFiles, type EvalOptions, lossOptions } from "./options.ts";
import type { EvalReport } from "./report.ts";

/** `surprisal eval`: reads, evaluates, and writes the report to stdout. */
export async function runEval(
  logits: string,
  targets: string,
  options: EvalOptions,
  io: Io,
  entries: readonly BackendEntry[] = BACKENDS,
): Promise<void> {
  const files: EvalFiles = { logits, targets, weight: options.weight, rowWeight: options.rowWeight };
  const report = await evaluateOn(entries, files, options);
  io.stdout.write(options.json === true ? toJson(report) : await rendered(report, io));
}

/** On the backend that was asked for. `auto` goes on to the next where one refuses, as a GPU refuses f64. */
async function evaluateOn(
  entries: readonly BackendEntry[],
  files: EvalFiles,
  options: EvalOptions,
  before: Chosen["passedOver"] = [],
): Promise<EvalReport> {
  const { backend, passedOver } = await chooseBackend(options.backend, entries);
  const over = [...before, ...passedOver];
  const rest = entries.slice(passedOver.length + 1);
  try {
    return await makeReport(files, options, { backend, passedOver: over });
  } catch (error) {
    if (options.backend !== "auto" || rest.length === 0 || !isRefusal(error)) throw explain(error, files);
    return await evaluateOn(rest, files, options, [...over, { name: backend.name, reason: error.message }]);
  } finally {
    backend.dispose();
  }
}

function isRefusal(error: unknown): error is Error {
  return isSurprisalError(error) && error.code === "backend-refused";
}

async function makeReport(files: EvalFiles, options: EvalOptions, chosen: Chosen): Promise<EvalReport> {
  const start = performance.now();
  const inputs = await readInputs(files, options.classDim, chosen.backend);
  const read = performance.now() - start;
  return reportOf(files, options, chosen, inputs, await evaluate(inputs, lossOptions(options)), read);
}

function reportOf(
  files: EvalFiles,
  { reduction }: EvalOptions,
  { backend, passedOver }: Chosen,
  { logits, targets, shapes, classDim, probabilities }: EvalInputs,
  { milliseconds, ...evaluation }: Evaluation,
  read: number,
): EvalReport {
  const kind = probabilities ? "probabilities" : "indices";
  return {
    version: 1,
    command: "eval",
    logits: { file: files.logits, shape: shapes.logits, dtype: logits.dtype, classDim },
    targets: { file: files.targets, shape: shapes.targets, dtype: targets.dtype, kind },
    reduction,
    ...evaluation,
    backend: { name: backend.name, passedOver },
    milliseconds: { read, loss: milliseconds },
  };
}

/** Tables are not loaded for `--json`. */
async function rendered(report: EvalReport, io: Io): Promise<string> {
  const { renderEval } = await import("./render.ts");
  return renderEval(report, styleFor(io.stdout));
}
