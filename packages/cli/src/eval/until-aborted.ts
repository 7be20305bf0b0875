import { setTimeout } from "node:timers/promises";

/** What is left of a read when nobody wants its result: longer than any file takes, shorter than patience with a pipe. */
const LAST_READ = 200;

/** The items until `signal` aborts, which may be while the next one is waited for, as from a pipe that has nothing to say. */
export async function* untilAborted<T>(items: AsyncGenerator<T>, signal: AbortSignal): AsyncGenerator<T> {
  const aborted = new Promise<"aborted">((resolve) => signal.addEventListener("abort", () => resolve("aborted")));
  try {
    while (!signal.aborted) {
      const next = await Promise.race([items.next(), aborted]);
      if (next === "aborted" || next.done === true) return;
      yield next.value;
    }
  } finally {
    const patience = new AbortController(); // a timer that goes on would keep the process alive
    const over = setTimeout(LAST_READ, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([items.return(undefined), over]);
    patience.abort();
  }
}
