// What threads tell each other, in 32-bit words of the shared memory.

/** Changes when there is a new job; idle threads wait for it. */
export const EPOCH = 0;
/** The chunk to be taken next, with the number of its job. */
export const NEXT = 1;
/** How many chunks the job has, with its number. */
export const COUNT = 2;
/** Chunks that are done. */
export const DONE = 3;
/** Not 0: threads end. */
export const STOP = 4;
/** Not 0: a chunk has trapped. */
export const TRAPPED = 5;

export const CONTROL_BYTES = 64;

/** A word holds a chunk below this, and a job above it. */
export const JOB = 4096;

/** What a thread is told when it starts. */
export interface Start {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Addresses of the words above, of the record, and of the thread's working memory. */
  readonly control: number;
  readonly record: number;
  readonly scratch: number;
}

/** What a thread says: that it waits for jobs, or why it cannot. */
export type Answer = { readonly ready: true } | { readonly ready: false; readonly reason: string };
