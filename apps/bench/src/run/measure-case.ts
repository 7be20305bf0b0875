import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchCase } from "../cases.ts";
import { referenceOf } from "../check/reference.ts";
import type { Entrant, Pass } from "../contestant.ts";
import { makeData } from "../data.ts";
import { writeInputs } from "../files.ts";
import type { EntrantProcess } from "./entrant-process.ts";
import { close, type Lane, newLane, open, type Progress, type Stopped, takeTurn } from "./lane.ts";

/** What became of an entrant in one pass of a case. */
export type Measured = {
  readonly entrant: string;
  readonly pass: Pass;
} & (Stopped | Timed);

/** Times, each of a call whose result was read. */
export interface Timed {
  readonly status: "timed";
  /** Milliseconds a call, one for each round. */
  readonly times: readonly number[];
  /** The largest error of the result: of the loss relatively, of other elements relative to the largest. */
  readonly error: number;
  /** Whether that counts as right, rather than as approximate. */
  readonly exact: boolean;
  readonly firstMs: number;
  /** Memory beyond inputs and outputs, in bytes. */
  readonly peakBytes: number | undefined;
}

/** One case as measured. */
export interface CaseResult {
  readonly benchCase: BenchCase;
  readonly measured: readonly Measured[];
  /** What entrants say of themselves, by name. */
  readonly facts: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
  /** The sum of all numbers that were read, so that no call is for nothing. */
  readonly checksum: number;
}

/** Who takes part, and how often. */
export interface MeasureOptions {
  readonly entrants: readonly Entrant[];
  readonly rounds: number;
  readonly start: (entrant: Entrant) => EntrantProcess;
  /** Milliseconds that an answer with a call in it may take; `CALL_LIMIT` unless told. */
  readonly callLimit?: number;
}

/** Milliseconds that an answer may take: the pass is too slow to be measured, or will never end. */
const CALL_LIMIT = 15_000;
/** Rounds at the start whose times are thrown away, after the first call and the one that is checked. */
export const WARM_UP_ROUNDS = 2;
/** A first call of so many milliseconds makes warm-up rounds needless, and one round enough. */
const SLOW_CALL = 1000;
/** A pass that has taken so many milliseconds sits the remaining rounds out, once it has had its least. */
const PATIENCE = 2000;
/** Rounds that every pass has, unless its calls are slow. */
const LEAST_ROUNDS = 3;

/**
 * Measures a case. In every round each entrant has its turn in each pass; every second round goes through them in the
 * opposite order.
 */
export async function measureCase(benchCase: BenchCase, options: MeasureOptions): Promise<CaseResult> {
  const folder = mkdtempSync(join(tmpdir(), "surprisal-bench-"));
  const lanes: Lane[] = [];
  try {
    const data = makeData(benchCase);
    const inputs = writeInputs(data, folder);
    const { start, callLimit = CALL_LIMIT } = options;
    const context = { benchCase, inputs, reference: await referenceOf(data), folder, start, callLimit };
    for (const entrant of options.entrants) {
      const lane = newLane(entrant, context);
      lanes.push(lane);
      await open(lane);
    }
    await allRounds(lanes, options.rounds);
    return resultOf(benchCase, lanes);
  } finally {
    await Promise.all(lanes.map(close));
    rmSync(folder, { recursive: true });
  }
}

async function allRounds(lanes: readonly Lane[], rounds: number): Promise<void> {
  const turns = lanes.flatMap((lane) => lane.passes.map((progress) => ({ lane, progress })));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const { lane, progress } of round % 2 === 0 ? turns : turns.toReversed()) {
      if (sitsOut(progress, round, lane.context.benchCase.calls)) continue;
      await takeTurn(lane, progress, round < 0);
    }
  }
}

function sitsOut({ stopped, firstMs, times }: Progress, round: number, calls: number): boolean {
  if (stopped !== undefined) return true;
  if (round < 0) return firstMs > SLOW_CALL;
  const spent = times.reduce((sum, ms) => sum + ms * calls, 0);
  return spent > PATIENCE && times.length >= (firstMs > SLOW_CALL ? 1 : LEAST_ROUNDS);
}

function resultOf(benchCase: BenchCase, lanes: readonly Lane[]): CaseResult {
  const all = lanes.flatMap((lane) => lane.passes);
  return {
    benchCase,
    measured: lanes.flatMap(({ entrant, passes }) => passes.map((progress) => measuredOf(entrant, progress))),
    facts: Object.fromEntries(lanes.map(({ entrant, facts }) => [entrant.name, facts])),
    checksum: all.reduce((sum, { used = 0, times }) => sum + used * times.length, 0),
  };
}

function measuredOf({ name }: Entrant, progress: Progress): Measured {
  const { pass, stopped, times, error, exact, firstMs, peakBytes } = progress;
  if (stopped !== undefined) return { entrant: name, pass, ...stopped };
  return { entrant: name, pass, status: "timed", times, error, exact, firstMs, peakBytes };
}
