import { BackendError } from "@surprisal/core";
import { COUNT, DONE, EPOCH, JOB, NEXT, type Start, STOP, TRAPPED } from "./control.ts";
import type { WasmOptions } from "./options.ts";
import { spawn, type Thread } from "./spawn.ts";

/** What runs the chunks of the record at hand. */
export interface Threads {
  /** Runs chunks 0 … count − 1, of a plan that goes through `size` numbers; all are done on return. */
  run(count: number, size: number): void;
  /** For the backend's `describe`. */
  describe(): Readonly<Record<string, unknown>>;
  dispose(): void;
}

/** Runs one chunk on this thread. */
export type RunChunk = (chunk: number) => void;

/** This thread alone. */
export function oneThread(runChunk: RunChunk, reason: string): Threads {
  return {
    run(count) {
      for (let chunk = 0; chunk < count; chunk++) runChunk(chunk);
    },
    describe: () => ({ threads: 1, oneThreadBecause: reason }),
    dispose() {
      // nothing to end
    },
  };
}

/** Milliseconds that a thread may take to start, or for a chunk, before it counts as lost. */
const PATIENCE = 10_000;
/** Looks at the counter between looks at the clock. */
const LOOKS = 5000;
/** Times that a lost thread is replaced. */
const REPLACEMENTS = 8;

/** What a pool is made of. */
export interface PoolParts {
  readonly runChunk: RunChunk;
  /** Without the working memory, which differs. */
  readonly start: Omit<Start, "scratch">;
  /** Working memory of each thread but this one. */
  readonly scratches: readonly number[];
  /** Numbers of a plan that is worth waking anybody up for. */
  readonly smallest: number;
  readonly worker: WasmOptions["worker"];
  /** Milliseconds; for tests. */
  readonly patience?: number;
}

/**
 * This thread and others. They take chunks from one counter; what a chunk gives depends on nothing but the chunk, and results are put
 * together in the chunks' order, so that it does not matter who did which, or how many there were.
 */
export class Pool implements Threads {
  readonly #parts: PoolParts;
  readonly #words: Int32Array;
  /** By the place of its working memory; undefined where a thread is missing. */
  readonly #threads: (Thread | undefined)[];
  /** Whether this thread may sleep: pages may not. */
  readonly #maySleep: boolean;
  readonly #patience: number;
  /** Why threads are missing. */
  readonly #troubles: string[] = [];
  /** Threads that there are, this one among them. */
  #size = 1;
  #job = 0;
  #replacements = 0;
  #ended = false;
  /** Set once a thread was lost with a chunk that nobody knows the state of. */
  #lost: string | undefined;

  private constructor(parts: PoolParts) {
    const { memory, control } = parts.start;
    this.#parts = parts;
    this.#words = new Int32Array(memory.buffer, control, 16);
    this.#threads = parts.scratches.map(() => undefined);
    this.#maySleep = maySleep();
    this.#patience = parts.patience ?? PATIENCE;
  }

  /** A pool with all threads that could be started. */
  static async start(parts: PoolParts): Promise<Pool> {
    const pool = new Pool(parts);
    await Promise.all(parts.scratches.map(async (_, place) => pool.#add(place)));
    return pool;
  }

  run(count: number, size: number): void {
    const { runChunk, smallest } = this.#parts;
    if (this.#lost !== undefined) throw lost(this.#lost);
    if (count < 2 || size < smallest || this.#size === 1) {
      for (let chunk = 0; chunk < count; chunk++) runChunk(chunk);
      return;
    }
    const words = this.#words;
    this.#job = (this.#job + 1) % 2 ** 18;
    const base = this.#job * JOB;
    Atomics.store(words, DONE, 0);
    Atomics.store(words, COUNT, base + count);
    Atomics.store(words, NEXT, base);
    Atomics.add(words, EPOCH, 1);
    Atomics.notify(words, EPOCH, count - 1);
    try {
      for (;;) {
        const claim = Atomics.add(words, NEXT, 1) - base;
        if (claim >= count) break;
        runChunk(claim);
        Atomics.add(words, DONE, 1);
      }
    } catch (error) {
      this.#lost = `a kernel has trapped: ${String(error)}`;
      throw lost(this.#lost);
    }
    this.#waitFor(count);
    if (Atomics.load(words, TRAPPED) === 0) return;
    this.#lost = "a kernel has trapped on another thread";
    throw lost(this.#lost);
  }

  describe(): Readonly<Record<string, unknown>> {
    const missing = this.#threads.length + 1 - this.#size;
    return { threads: this.#size, ...(missing > 0 && { threadsMissing: missing, because: [...this.#troubles] }) };
  }

  dispose(): void {
    if (this.#ended) return;
    this.#ended = true;
    Atomics.store(this.#words, STOP, 1);
    Atomics.add(this.#words, EPOCH, 1);
    Atomics.notify(this.#words, EPOCH);
    for (const thread of this.#threads) thread?.end();
  }

  async #add(place: number): Promise<void> {
    const { start, scratches, worker } = this.#parts;
    let thread: Thread;
    try {
      thread = spawn(worker);
    } catch (error) {
      this.#troubles.push(`a worker could not be made: ${String(error)}`);
      return;
    }
    const answer = await thread.start({ ...start, scratch: scratches[place] ?? 0 }, this.#patience);
    if (!answer.ready || this.#ended) {
      if (!answer.ready) this.#troubles.push(`a worker could not start: ${answer.reason}`);
      thread.end();
      return;
    }
    thread.onEnd((reason) => this.#replace(place, thread, reason));
    thread.release();
    this.#threads[place] = thread;
    this.#size++;
  }

  /** A thread has ended: another one takes its place. */
  #replace(place: number, thread: Thread, reason: string): void {
    if (this.#ended || this.#threads[place] !== thread) return;
    this.#threads[place] = undefined;
    this.#size--;
    this.#troubles.push(reason);
    thread.end();
    if (this.#replacements++ < REPLACEMENTS) void this.#add(place);
  }

  /** Waits until all chunks are done, or one of them for so long that its thread must be gone. */
  #waitFor(count: number): void {
    const words = this.#words;
    let waited = 0;
    let before = -1;
    let clock = performance.now();
    for (;;) {
      let done = 0;
      for (let look = 0; look < LOOKS; look++) {
        done = Atomics.load(words, DONE);
        if (done === count) return;
      }
      if (this.#maySleep) Atomics.wait(words, DONE, done, 1);
      // Time in which this thread too stood still, as on a machine that slept, is not held against the others.
      const now = performance.now();
      waited = done === before ? waited + Math.min(now - clock, 100) : 0;
      before = done;
      clock = now;
      if (waited <= this.#patience) continue;
      this.#lost = `${count - done} chunks were taken by threads that have stopped answering`;
      this.dispose();
      throw lost(this.#lost);
    }
  }
}

function lost(reason: string): BackendError {
  return new BackendError("backend-lost", `wasm: ${reason}; make a new backend, and its tensors anew`, { reason });
}

function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false; // a page's main thread
  }
}
