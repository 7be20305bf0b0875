import { setTimeout } from "node:timers/promises";
import { errorText } from "../text.ts";
import type { EvalContestant } from "./eval-contestants.ts";
import type { EvalFiles } from "./eval-files.ts";
import { dropFromCache } from "./page-cache.ts";
import { runProgram } from "./run-program.ts";

/** Of what the programs read: files of a single row; the files, in the system's page cache, or not in it. */
export type State = "start" | "warm" | "cold";

/** What became of a contestant. */
export type Lane = { readonly contestant: EvalContestant } & (
  | {
      readonly status: "timed";
      readonly loss: number | undefined;
      readonly turns: Readonly<Record<State, readonly Turn[]>>;
    }
  | { readonly status: "failed" | "wrong"; readonly reason: string }
);

/** One run of a program. */
export interface Turn {
  readonly ms: number;
  readonly peakBytes: number | undefined;
}

/** What to measure. */
export interface MeasureFilesOptions {
  readonly files: EvalFiles;
  /** Of the same format, with a single row. */
  readonly smallest: EvalFiles;
  readonly contestants: readonly EvalContestant[];
  readonly states: readonly State[];
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** Losses may differ by so much of themselves. */
const TOLERANCE = 1e-6;
/** Milliseconds that a run may take. */
const LIMIT = 300_000;
/** A contestant that has taken so many milliseconds sits the remaining rounds out, once it has had its least. */
const PATIENCE = 60_000;
const LEAST_ROUNDS = 3;
/**
 * Bytes of a file for a millisecond's rest of the disk before it is read. Disks of virtual machines are let run for a while, and
 * then slowed down: two readings of 2 GB took 1.1 s and 2.3 s one right after the other, 1.35 s each with a second in between.
 */
const REST_RATE = 1e6;

/** A lane while it goes on. */
interface OpenLane {
  readonly contestant: EvalContestant;
  stopped: { readonly status: "failed" | "wrong"; readonly reason: string } | undefined;
  /** What the first run printed. */
  first: Printed | undefined;
  readonly turns: Record<State, Turn[]>;
}

interface Printed {
  readonly loss?: number;
  readonly bytes?: number;
}

/**
 * Measures one format. Everybody has a first turn, which is not timed and whose loss must be that of the others. Then in
 * each round everybody has a turn in each state; every second round goes the other way round.
 */
export async function measureFiles(options: MeasureFilesOptions): Promise<Lane[]> {
  const { files, smallest, rounds, states, signal } = options;
  const lanes = options.contestants.map((contestant): OpenLane => {
    return { contestant, stopped: undefined, first: undefined, turns: { start: [], warm: [], cold: [] } };
  });
  for (const lane of lanes) await takeTurn(lane, undefined, files, signal);
  checkLosses(lanes);
  for (let round = 0; round < rounds; round++) {
    for (const state of states) {
      for (const lane of round % 2 === 0 ? lanes : lanes.toReversed()) {
        if (sitsOut(lane)) continue;
        await takeTurn(lane, state, state === "start" ? smallest : files, signal);
      }
    }
  }
  return lanes.map(closed);
}

function sitsOut({ stopped, turns: { warm, cold } }: OpenLane): boolean {
  const spent = [...warm, ...cold].reduce((sum, { ms }) => sum + ms, 0);
  return stopped !== undefined || (spent > PATIENCE && warm.length >= LEAST_ROUNDS);
}

async function takeTurn(
  lane: OpenLane,
  state: State | undefined,
  files: EvalFiles,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (state === "cold") {
      await dropFromCache(files.paths, signal);
      await setTimeout(files.bytes / REST_RATE, undefined, { signal });
    }
    const limited = AbortSignal.any([signal, AbortSignal.timeout(LIMIT)]);
    const { stdout, ms, peakBytes } = await runProgram(lane.contestant.command(files), limited);
    const printed = JSON.parse(stdout) as Printed;
    if (state !== undefined) lane.turns[state].push({ ms, peakBytes });
    if (state !== "start") checkPrinted(lane, printed, files);
  } catch (error) {
    signal.throwIfAborted(); // no fault of the contestant's
    lane.stopped ??= { status: "failed", reason: errorText(error) };
  }
}

/** All has been read, and the loss is the same each time. */
function checkPrinted(lane: OpenLane, printed: Printed, files: EvalFiles): void {
  const { bytes, loss } = printed;
  if (lane.contestant.role === "reading") {
    if (bytes !== files.bytes) lane.stopped = { status: "wrong", reason: `read ${bytes} of ${files.bytes} bytes` };
    return;
  }
  lane.first ??= printed;
  if (typeof loss !== "number") lane.stopped = { status: "wrong", reason: `its loss is ${String(loss)}` };
  else if (loss !== lane.first.loss) {
    lane.stopped = { status: "wrong", reason: `its loss is ${loss}, and was ${lane.first.loss}` };
  }
}

/** Against the first that has a loss in f64, or else against the first that has one. */
function checkLosses(lanes: readonly OpenLane[]): void {
  const going = lanes.filter(({ stopped, contestant }) => stopped === undefined && contestant.role !== "reading");
  const judge = going.find(({ contestant }) => contestant.exact) ?? going[0];
  const expected = judge?.first?.loss ?? Number.NaN;
  for (const lane of going) {
    const { loss = Number.NaN } = lane.first ?? {};
    if (Math.abs(loss - expected) <= TOLERANCE * Math.abs(expected)) continue;
    const reason = `its loss is ${loss}; that of ${judge?.contestant.name} is ${expected}`;
    lane.stopped = { status: "wrong", reason };
  }
}

function closed({ contestant, stopped, first, turns }: OpenLane): Lane {
  return stopped === undefined ? { contestant, status: "timed", loss: first?.loss, turns } : { contestant, ...stopped };
}
