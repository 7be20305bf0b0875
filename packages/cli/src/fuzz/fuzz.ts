import { getHeapStatistics } from "node:v8";
import { FormatError } from "../readers/format-error.ts";
import { Coverage } from "./coverage.ts";
import { mutate } from "./mutate.ts";
import { randomFrom } from "./random.ts";
import { type FuzzTarget, readInput, seedBytes } from "./targets.ts";

/** What a run of the fuzzer did. */
export interface FuzzResult {
  readonly executions: number;
  /** Inputs that were read to their end. */
  readonly accepted: number;
  /** Inputs that made something run that had not run before. */
  readonly corpus: number;
  readonly blocks: number;
  readonly failure: FuzzFailure | undefined;
}

/** An input that a reader did not take as it should. */
export interface FuzzFailure {
  readonly input: Uint8Array;
  readonly problem: string;
}

/** How much to try. */
export interface FuzzOptions {
  readonly executions: number;
  readonly seed: number;
  /** Told of each input before it is read. */
  readonly watch?: (input: Uint8Array) => void;
}

/**
 * Coverage is asked for that seldom, as it takes milliseconds; inputs of a batch with news are tried again one by one. While there is
 * none, batches grow.
 */
const BATCH = 256;
const LARGEST_BATCH = 1024;
const LONGEST_MS = 100;
const ALLOWED_BYTES = 2 ** 20;
const ALLOWED_RATIO = 4;
/** Another program or the collector of garbage may be at fault once, not every time. */
const TRIES = 5;

/**
 * Reads inputs that are changed by chance, and those further that reach new code. A reader may throw nothing but FormatErrors,
 * take 100 ms, and memory of four times the input and 1 MiB.
 */
export async function fuzz(target: FuzzTarget, { executions, seed, watch }: FuzzOptions): Promise<FuzzResult> {
  const random = randomFrom(seed);
  const corpus = target.seeds.map(seedBytes);
  using coverage = new Coverage();
  let done = 0;
  let accepted = 0;
  let failure: FuzzFailure | undefined;
  await warmUp(target);
  for (const input of corpus) await tryOnce(input);
  coverage.grew();
  let size = BATCH;
  while (done < executions && failure === undefined) {
    const batch: Uint8Array[] = [];
    for (let i = Math.min(size, executions - done); i > 0 && failure === undefined; i--) {
      const input = mutate(random.pick(corpus), random.pick(corpus), target.words, random);
      batch.push(input);
      done++;
      await tryOnce(input);
    }
    if (coverage.grew()) {
      corpus.push(...(await fresh(batch)));
      size = BATCH;
    } else size = Math.min(2 * size, LARGEST_BATCH);
  }
  return { executions: done, accepted, corpus: corpus.length, blocks: coverage.size, failure };

  async function tryOnce(input: Uint8Array): Promise<void> {
    watch?.(input);
    const outcome = await execute(target, input);
    if (outcome === "accepted") accepted++;
    else if (outcome !== "refused" && failure === undefined) failure = await confirmed(target, input, outcome);
  }

  /** Those of a batch that reach something that none before them has reached, in a count of their own. */
  async function fresh(batch: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    using own = new Coverage();
    for (const input of corpus) await execute(target, input);
    own.grew();
    const found: Uint8Array[] = [];
    for (const input of batch) {
      watch?.(input);
      await execute(target, input);
      if (own.grew()) found.push(input);
    }
    return found;
  }
}

/** Reads the seeds, so that the time it takes to load a reader, and its library, counts for no input. */
export async function warmUp(target: FuzzTarget): Promise<void> {
  for (const seed of target.seeds) await execute(target, seedBytes(seed));
}

/** `accepted`, `refused`, or what is wrong. */
export async function execute(target: FuzzTarget, input: Uint8Array): Promise<string> {
  const memory = usedBytes();
  const start = performance.now();
  let outcome = "accepted";
  try {
    await readInput(target, input);
  } catch (error) {
    outcome = error instanceof FormatError ? "refused" : `FormatError required; it throws ${String(error)}`;
  }
  const time = performance.now() - start;
  const taken = usedBytes() - memory;
  if (time > LONGEST_MS) return `at most ${LONGEST_MS} ms required; it took ${Math.round(time)}`;
  const allowed = ALLOWED_RATIO * input.length + ALLOWED_BYTES;
  if (taken > allowed) return `at most ${allowed} bytes of memory for ${input.length} required; it took ${taken}`;
  return outcome;
}

async function confirmed(target: FuzzTarget, input: Uint8Array, problem: string): Promise<FuzzFailure | undefined> {
  for (let i = 0; i < TRIES; i++) {
    const outcome = await execute(target, input);
    if (outcome === "accepted" || outcome === "refused") return undefined;
  }
  return { input, problem };
}

function usedBytes(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
