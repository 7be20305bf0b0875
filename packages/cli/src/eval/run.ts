import { chooseBackend, type Chosen } from "../backends.ts";
import type { Io } from "../io.ts";
import { toJson } from "../report/json.ts";
import { styleFor } from "../report/style.ts";
import { type Evaluation, evaluate } from "./compute.ts";
import { explain } from "./explain.ts";
import { type EvalInputs, readInputs } from "./inputs.ts";
import { type EvalFiles, type EvalOptions, lossOptions } from "./options.ts";
import type { EvalReport } from "./report.ts";

/** `surprisal eval`: reads, evaluates, and writes the report to stdout. */
export async function runEval(logits: string, targets: string, options: EvalOptions, io: Io): Promise<void> {
  const files: EvalFiles = { logits, targets, weight: options.weight, rowWeight: options.rowWeight };
  const chosen = await chooseBackend(options.backend);
  try {
    const report = await makeReport(files, options, chosen);
    io.stdout.write(options.json === true ? toJson(report) : await rendered(report, io));
  } catch (error) {
    throw explain(error, files);
  } finally {
    chosen.backend.dispose();
  }
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
