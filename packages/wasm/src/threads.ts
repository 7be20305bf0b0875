/** What runs the chunks of the record at hand. */
export interface Threads {
  /** Runs chunks 0 … count − 1, of a plan that goes through `size` numbers; all are done on return. */
  run(count: number, size: number): void;
  /** For the backend's `describe`. */
  describe(): Readonly<Record<string, unknown>>;
  dispose(): void;
}

/** Runs one chunk. */
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
