import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type BenchCase, PASSES } from "../cases.ts";
import { APPROXIMATE, check } from "../check/check.ts";
import type { Reference } from "../check/expected.ts";
import type { Entrant, Pass } from "../contestant.ts";
import { readFloats } from "../files.ts";
import type { FileValues } from "../protocol.ts";
import { errorText } from "../text.ts";
import { EntrantError, type EntrantProcess } from "./entrant-process.ts";

// One entrant in one case: its process, and what became of each pass. Whatever goes wrong ends the pass, with its
// reason, and never the run; the process starts anew for the other pass.

/** Milliseconds that a process has to start and to bring the inputs into its form. */
const START_LIMIT = 60_000;
/** Why a pass has no times. */
export interface Stopped {
  /** `slow`: an answer did not come in time. */
  readonly status: "refused" | "failed" | "wrong" | "slow";
  readonly reason: string;
}

/** A pass as far as it has come. */
export interface Progress {
  readonly pass: Pass;
  /** Milliseconds a call, one for each round. */
  readonly times: number[];
  /** Milliseconds of the first call. */
  firstMs: number;
  /** Bytes beyond inputs and outputs; undefined where it cannot be known. */
  peakBytes: number | undefined;
  /** The largest error of the result, and whether it counts as right. */
  error: number;
  exact: boolean;
  used: number | undefined;
  stopped: Stopped | undefined;
}

/** What all lanes of a case share. */
export interface LaneContext {
  readonly benchCase: BenchCase;
  readonly inputs: Readonly<Record<string, FileValues>>;
  readonly reference: Reference;
  /** Where outputs are written. */
  readonly folder: string;
  readonly start: (entrant: Entrant) => EntrantProcess;
  /** Milliseconds that an answer with a call in it may take. */
  readonly callLimit: number;
}

/** An entrant in a case. */
export interface Lane {
  readonly entrant: Entrant;
  readonly context: LaneContext;
  readonly passes: readonly Progress[];
  process: EntrantProcess | undefined;
  facts: Readonly<Record<string, string | number>>;
}

/** A lane of which nothing has been asked. */
export function newLane(entrant: Entrant, context: LaneContext): Lane {
  const passes = PASSES.map((pass): Progress => ({
    pass,
    times: [],
    firstMs: Number.NaN,
    peakBytes: undefined,
    error: Number.NaN,
    exact: false,
    used: undefined,
    stopped: undefined,
  }));
  return { entrant, context, passes, process: undefined, facts: {} };
}

/** Starts the process and makes the first calls of each pass, one of them with its result checked. */
export async function open(lane: Lane): Promise<void> {
  for (const progress of lane.passes) {
    await attempt(lane, progress, async (process) => {
      await firstCall(lane, process, progress);
      await checkResult(lane, process, progress);
    });
  }
}

/** One turn: calls that are timed. A warm-up's time is thrown away. */
export async function takeTurn(lane: Lane, progress: Progress, warmUp: boolean): Promise<void> {
  await attempt(lane, progress, async (process) => {
    const { pass, used: before } = progress;
    const { benchCase, callLimit } = lane.context;
    const { ms, used } = await process.ask({ do: "run", pass, calls: benchCase.calls }, callLimit);
    if (before !== undefined && !(Math.abs(used - before) <= APPROXIMATE * Math.abs(before))) {
      progress.stopped = { status: "wrong", reason: `the same call gave ${before} once and ${used} later` };
      return;
    }
    if (!Number.isFinite(used)) throw new EntrantError(`a call gave ${used}`, "alive");
    progress.used = used;
    if (!warmUp) progress.times.push(ms);
  });
}

/** Ends the process. */
export async function close(lane: Lane): Promise<void> {
  await lane.process?.stop();
  lane.process = undefined;
}

async function attempt(
  lane: Lane,
  progress: Progress,
  work: (process: EntrantProcess) => Promise<void>,
): Promise<void> {
  if (progress.stopped !== undefined) return;
  try {
    lane.process ??= await launch(lane);
    if (progress.stopped === undefined) await work(lane.process); // the launch may have been refused
  } catch (error) {
    progress.stopped = stoppedBy(error);
    if (!(error instanceof EntrantError && error.state === "alive")) await close(lane);
  }
}

async function launch(lane: Lane): Promise<EntrantProcess> {
  const { benchCase, inputs, start } = lane.context;
  const process = start(lane.entrant);
  try {
    ({ facts: lane.facts } = await process.ask({ do: "describe" }, START_LIMIT));
    const { refused } = await process.ask({ do: "prepare", benchCase, inputs }, START_LIMIT);
    if (refused === undefined) return process;
    for (const progress of lane.passes) progress.stopped ??= { status: "refused", reason: refused };
    return process;
  } catch (error) {
    await process.stop();
    for (const progress of lane.passes) progress.stopped ??= stoppedBy(error);
    throw error;
  }
}

function stoppedBy(error: unknown): Stopped {
  if (!(error instanceof EntrantError)) return { status: "failed", reason: errorText(error) };
  return { status: error.state === "late" ? "slow" : "failed", reason: error.message };
}

async function firstCall({ context }: Lane, process: EntrantProcess, progress: Progress): Promise<void> {
  const { ms, peakBytes } = await process.ask({ do: "first", pass: progress.pass }, context.callLimit);
  progress.firstMs = ms;
  progress.peakBytes = peakBytes >= 0 ? peakBytes : undefined;
}

async function checkResult({ context }: Lane, process: EntrantProcess, progress: Progress): Promise<void> {
  const { pass } = progress;
  const folder = mkdtempSync(join(context.folder, "outputs-"));
  try {
    const { outputs } = await process.ask({ do: "outputs", pass, folder }, context.callLimit);
    const arrays = Object.entries(outputs).map(([name, { file }]) => [name, readFloats(file)] as const);
    const verdict = check(pass, Object.fromEntries(arrays), context.reference);
    if (verdict.is === "wrong") progress.stopped = { status: "wrong", reason: verdict.reason };
    else {
      progress.error = verdict.error;
      progress.exact = verdict.is === "right";
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
