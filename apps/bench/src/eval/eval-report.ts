import type { Machine } from "../run/machine.ts";
import { type Summary, summarize } from "../run/statistics.ts";
import type { EvalContestant } from "./eval-contestants.ts";
import type { EvalFiles, EvalFormat } from "./eval-files.ts";
import type { Lane, State, Turn } from "./measure-files.ts";

/** What `surprisal eval` promises of files of 2 GB. */
export const PROMISE = {
  /** The most resident memory. */
  bytes: 300e6,
  /** The least share of the speed at which the same file can be read. */
  ofReading: 0.5,
  formats: ["npy", "parquet"] as readonly EvalFormat[],
} as const;

/** Everything that a run of `--eval` found. */
export interface EvalBenchReport {
  readonly format: 1;
  readonly where: "eval";
  /** ISO 8601. */
  readonly created: string;
  readonly command: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly rounds: number;
  /** Why no file was read from the disk, if so. */
  readonly coldProblem?: string;
  readonly contestants: readonly Pick<EvalContestant, "name" | "role" | "about">[];
  readonly rows: readonly EvalRow[];
}

/** One format in one state. */
export interface EvalRow {
  readonly files: Pick<EvalFiles, "format" | "shape" | "bytes">;
  readonly state: Exclude<State, "start">;
  readonly standings: readonly EvalStanding[];
}

/** A contestant in a row. */
export type EvalStanding = Pick<EvalContestant, "name" | "role"> &
  ((EvalFigures & { readonly status: "timed" }) | { readonly status: "failed" | "wrong"; readonly reason: string });

/** What follows from its turns. Times are in milliseconds. */
export interface EvalFigures extends Summary {
  readonly times: readonly number[];
  readonly loss?: number;
  /** The median with a file of one row. */
  readonly startMs: number;
  readonly bytesPerSecond: number;
  /** Its speed divided by that of reading alone. */
  readonly ofReading?: number;
  /** The highest resident set of all turns. */
  readonly peakBytes?: number;
}

/** The rows of one format. */
export function evalRows(files: EvalFiles, lanes: readonly Lane[], states: readonly State[]): EvalRow[] {
  const { format, shape, bytes } = files;
  return states.flatMap((state) => {
    if (state === "start") return [];
    const standings = lanes.map((lane) => standingOf(lane, state, files));
    const reading = standings.find(({ role }) => role === "reading");
    return [{ files: { format, shape, bytes }, state, standings: standings.map((each) => compared(each, reading)) }];
  });
}

function standingOf(lane: Lane, state: State, { bytes }: EvalFiles): EvalStanding {
  const { name, role } = lane.contestant;
  if (lane.status !== "timed") return { name, role, status: lane.status, reason: lane.reason };
  const times = lane.turns[state].map(({ ms }) => ms);
  const summary = summarize(times);
  const peakBytes = highest(lane.turns[state]);
  return {
    name,
    role,
    status: "timed",
    ...summary,
    times,
    ...(lane.loss !== undefined && { loss: lane.loss }),
    startMs: summarize(lane.turns.start.map(({ ms }) => ms)).median,
    bytesPerSecond: (bytes / summary.median) * 1000,
    ...(peakBytes !== undefined && { peakBytes }),
  };
}

function highest(turns: readonly Turn[]): number | undefined {
  const peaks = turns.flatMap(({ peakBytes }) => peakBytes ?? []);
  return peaks.length === 0 ? undefined : Math.max(...peaks);
}

function compared(standing: EvalStanding, reading: EvalStanding | undefined): EvalStanding {
  if (standing.status !== "timed" || reading?.status !== "timed" || standing.role === "reading") return standing;
  return { ...standing, ofReading: reading.median / standing.median };
}
