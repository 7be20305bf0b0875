import { setImmediate } from "node:timers/promises";

/** A result and the time that it took. */
export interface Timed<T> {
  readonly value: T;
  readonly milliseconds: number;
}

/** The quickest of several runs: the first one also warms up the code and the memory. */
export async function bestOf<T>(runs: number, work: () => Promise<T> | T): Promise<Timed<T>> {
  let best: Timed<T> | undefined;
  for (let run = 0; run < runs; run++) {
    await setImmediate(); // lets an interrupt through
    const start = performance.now();
    const value = await work();
    const milliseconds = performance.now() - start;
    if (best === undefined || milliseconds < best.milliseconds) best = { value, milliseconds };
  }
  if (best === undefined) throw new RangeError("at least one run required");
  return best;
}
