import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { thisMachine } from "../run/machine.ts";
import type { EvalContestant } from "./eval-contestants.ts";
import { type EvalFormat, ROW_BYTES, writeEvalFiles } from "./eval-files.ts";
import { type EvalBenchReport, type EvalRow, evalRows } from "./eval-report.ts";
import { measureFiles, type State } from "./measure-files.ts";
import { cacheProblem } from "./page-cache.ts";

/** What to measure. */
export interface RunEvalOptions {
  readonly formats: readonly EvalFormat[];
  /** Those that do not read a format sit it out. */
  readonly contestants: readonly EvalContestant[];
  /** Of the logits of the .npy and the .parquet file; of the others a tenth. */
  readonly bytes: number;
  readonly rounds: number;
  readonly command: string;
  /** Stops the run; nothing is left behind then. */
  readonly signal: AbortSignal;
  readonly tell?: (what: string) => void;
}

/** The disk has no room. */
export class NoSpaceError extends Error {
  override readonly name = "NoSpaceError";
}

/** Logits of the large files, unless told otherwise: 524288 rows of 1000 classes. */
export const EVAL_BYTES: number = 524_288 * ROW_BYTES.npy;

const SHARES: Readonly<Record<EvalFormat, number>> = { npy: 1, parquet: 1, safetensors: 0.1, csv: 0.1 };
/** Of the largest format with its targets; one is on the disk at a time. */
const ROOM = 1.1;

/**
 * Measures all formats, one after the other; their files are in a temporary folder, which is removed whatever happens.
 * @throws NoSpaceError before anything is written
 */
export async function runEval(options: RunEvalOptions): Promise<EvalBenchReport> {
  const { formats, bytes, rounds, command, signal, tell } = options;
  const started = performance.now();
  const created = new Date().toISOString();
  const machine = thisMachine();
  checkSpace(bytes * ROOM);
  const rows: EvalRow[] = [];
  let coldProblem: string | undefined;
  for (const format of formats) {
    tell?.(format);
    const folder = mkdtempSync(join(tmpdir(), "surprisal-bench-"));
    try {
      const count = Math.max(1, Math.floor((bytes * SHARES[format]) / ROW_BYTES[format]));
      const smallest = await writeEvalFiles({ format, rows: 1, folder, name: "smallest", signal });
      const files = await writeEvalFiles({ format, rows: count, folder, name: "files", signal });
      coldProblem = await cacheProblem(smallest.paths, signal);
      const states: readonly State[] = coldProblem === undefined ? ["start", "cold", "warm"] : ["start", "warm"];
      const contestants = options.contestants.filter((each) => each.formats.includes(format));
      const lanes = await measureFiles({ files, smallest, contestants, states, rounds, signal });
      rows.push(...evalRows(files, lanes, states.toReversed()));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return {
    format: 1,
    where: "eval",
    created,
    command,
    seconds: (performance.now() - started) / 1000,
    machine,
    rounds,
    ...(coldProblem !== undefined && { coldProblem }),
    contestants: options.contestants.map(({ name, role, about }) => ({ name, role, about })),
    rows,
  };
}

function checkSpace(needed: number): void {
  const { bavail, bsize } = statfsSync(tmpdir());
  if (bavail * bsize >= needed) return;
  const [asked, there] = [needed, bavail * bsize].map((each) => (each / 1e9).toFixed(1));
  throw new NoSpaceError(`${asked} GB required in ${tmpdir()}; it has ${there}: set TMPDIR, or --bytes`);
}
