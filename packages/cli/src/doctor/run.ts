import { type BackendEntry, BACKENDS, unavailable } from "../backends.ts";
import { CliError, EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { toJson } from "../report/json.ts";
import { styleFor } from "../report/style.ts";
import { examine } from "./examine.ts";
import { type Known, KNOWN } from "./known.ts";
import type { BackendReport, DoctorReport } from "./report.ts";
import { systemFacts } from "./system.ts";

/** The options of `surprisal doctor` as they were given. */
export interface DoctorOptions {
  readonly backend: string;
  readonly json?: boolean;
}

/** What is looked at, and with what; tests have others. */
export interface Practice {
  readonly entries: readonly BackendEntry[];
  readonly checks: readonly Known[];
}

/**
 * `surprisal doctor`: looks at every backend and writes what it found.
 * @throws CliError with exit code 1 for a backend that computes wrongly, with 4 for one that was asked for and is not there
 */
export async function runDoctor(
  { backend, json = false }: DoctorOptions,
  io: Io,
  { entries, checks }: Practice = { entries: BACKENDS, checks: KNOWN },
): Promise<void> {
  const backends: BackendReport[] = [];
  for (const entry of entries) {
    if (backend === "auto" || backend === entry.name) backends.push(await examine(entry, checks));
  }
  const report: DoctorReport = {
    version: 1,
    command: "doctor",
    system: systemFacts(),
    backends,
    auto: backend === "auto" ? takenByAuto(backends) : undefined,
    healthy: backends.every((each) => !each.available || each.correct) && backends.some((each) => each.available),
  };
  io.stdout.write(json ? toJson(report) : await rendered(report, io));
  gate(report, backend);
}

/** As chooseBackend does, from what was found. */
function takenByAuto(backends: readonly BackendReport[]): string | undefined {
  return backends.find((each) => each.available && each.facts["software"] !== true)?.name;
}

function gate({ backends, healthy }: DoctorReport, wanted: string): void {
  const missing = backends.flatMap((each) => (each.available ? [] : [each]));
  if (wanted !== "auto" && missing.length > 0) throw unavailable(wanted, missing);
  if (healthy) return;
  const wrong = backends.flatMap((each) => (each.available && !each.correct ? [each.name] : []));
  const what = wrong.length === 0 ? "no backend can be had" : `${wrong.join(" and ")} computes wrongly`;
  throw new CliError(EXIT.gateFailed, what);
}

/** Tables are not loaded for `--json`. */
async function rendered(report: DoctorReport, io: Io): Promise<string> {
  const { renderDoctor } = await import("./render.ts");
  return renderDoctor(report, styleFor(io.stdout));
}
