import { CliError, EXIT } from "./exit.ts";
import { count } from "./report/numbers.ts";

/** Who wants to end by themselves, in good order, when the user interrupts. */
const listeners = new Set<() => void>();

/** Calls `listener` at the next interruption, instead of the process ending at once; until the result is disposed. */
export function onInterrupt(listener: () => void): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => void listeners.delete(listener) };
}

/** Tells the listeners. @returns whether there were any; they are not told twice */
export function interrupt(): boolean {
  const waiting = [...listeners];
  listeners.clear();
  for (const listener of waiting) listener();
  return waiting.length > 0;
}

/** The error of an interruption: how far it came, and what is left of that. */
export function interruptedAfter(
  rows: number,
  total: number | undefined,
  left: string = "there is no result",
): CliError {
  const share = total === undefined ? "" : ` of ${count(total)} (${Math.floor((rows / total) * 100)} %)`;
  return new CliError(EXIT.interrupted, `interrupted after ${count(rows)} rows${share}; ${left}`);
}
