import { type BenchCase, type Pass, PASSES, rowsOf } from "./cases.ts";
import { check, type Errors, type Expected } from "./check.ts";
import type { Contestant, Outcome, Prepared } from "./contestant.ts";
import { makeData } from "./data.ts";

/** Every round of one contestant in one pass. */
export interface Measurement {
  readonly contestant: string;
  readonly pass: Pass;
  /** Milliseconds a call, one for each round. */
  readonly times: readonly number[];
  /** The largest errors of any round. */
  readonly errors: Errors;
}

/** One case as measured. */
export interface CaseResult {
  readonly benchCase: BenchCase;
  readonly measurements: readonly Measurement[];
  /** The sum of all losses that were timed. Printed, so that no call is for nothing. */
  readonly checksum: number;
}

/** Who takes part, and how often. */
export interface RunOptions {
  readonly contestants: readonly Contestant[];
  /** Whose results are expected of all. */
  readonly reference: Contestant;
  readonly rounds: number;
}

/** Rounds at the start whose results are checked and whose times are thrown away. */
export const WARM_UP_ROUNDS = 2;

/**
 * Measures a case. In every round each contestant has its turn in each pass; every second round goes through them in
 * the opposite order.
 * @throws WrongResultError if a result is not the reference's
 */
export async function runCase(benchCase: BenchCase, options: RunOptions): Promise<CaseResult> {
  const data = makeData(benchCase);
  const expected = await expectedOf(await options.reference.prepare(data), benchCase);
  const entries: Entry[] = [];
  for (const contestant of options.contestants) {
    const prepared = await contestant.prepare(data);
    for (const pass of PASSES) {
      entries.push({ contestant: contestant.name, pass, prepared, times: [], errors: NO_ERRORS });
    }
  }
  let checksum = 0;
  for (let round = -WARM_UP_ROUNDS; round < options.rounds; round++) {
    for (const entry of round % 2 === 0 ? entries : entries.toReversed()) {
      const { time, losses, outcome } = await sample(entry, benchCase.calls);
      const where = `${benchCase.id}, ${entry.pass}, ${entry.contestant}`;
      const errors = check(where, outcome.loss, await outcome.gradient(), expected[entry.pass]);
      outcome.release();
      if (round < 0) continue;
      entry.errors = worse(entry.errors, errors);
      entry.times.push(time);
      checksum += losses;
    }
  }
  for (const prepared of new Set(entries.map((entry) => entry.prepared))) prepared.dispose();
  const measurements = entries.map(({ contestant, pass, times, errors }) => ({ contestant, pass, times, errors }));
  return { benchCase, measurements, checksum };
}

interface Entry {
  readonly contestant: string;
  readonly pass: Pass;
  readonly prepared: Prepared;
  readonly times: number[];
  errors: Errors;
}

const NO_ERRORS: Errors = { loss: 0, gradient: 0 };

async function expectedOf(prepared: Prepared, benchCase: BenchCase): Promise<Record<Pass, Expected>> {
  const rows = rowsOf(benchCase);
  const forward = await prepared.run("forward");
  const withGradient = await prepared.run("gradient");
  prepared.dispose();
  return {
    forward: { loss: forward.loss, gradient: undefined, rows },
    gradient: { loss: withGradient.loss, gradient: await withGradient.gradient(), rows },
  };
}

/** Times `calls` calls; each but the last is released before the next, as a program that calls so often has to. */
async function sample({ prepared, pass }: Entry, calls: number): Promise<Sample> {
  const start = performance.now();
  let outcome = await prepared.run(pass);
  let losses = outcome.loss;
  for (let call = 1; call < calls; call++) {
    outcome.release();
    const next = prepared.run(pass);
    outcome = next instanceof Promise ? await next : next; // waiting for what is there would cost more than a tiny call
    losses += outcome.loss;
  }
  return { time: (performance.now() - start) / calls, losses, outcome };
}

interface Sample {
  readonly time: number;
  readonly losses: number;
  readonly outcome: Outcome;
}

function worse(a: Errors, b: Errors): Errors {
  return { loss: Math.max(a.loss, b.loss), gradient: Math.max(a.gradient, b.gradient) };
}
