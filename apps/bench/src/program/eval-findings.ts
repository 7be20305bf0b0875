import process from "node:process";
import { withEvalResults } from "../eval/eval-document.ts";
import { evalPage } from "../eval/eval-page.ts";
import { evalText } from "../eval/eval-terminal.ts";
import { runEval, type RunEvalOptions } from "../eval/run-eval.ts";
import type { Findings } from "./findings.ts";

/** A signal asked the benchmark to stop; what it had written is gone. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Measures `surprisal eval`.
 * @throws InterruptedError on Ctrl-C, once all processes and files are gone
 */
export async function evalFindings(options: Omit<RunEvalOptions, "signal">): Promise<Findings> {
  const report = await interruptible((signal) => runEval({ ...options, signal }));
  return {
    report,
    text: evalText(report),
    page: () => evalPage(report),
    documentWith: (document) => withEvalResults(document, report),
    oursFailed: report.rows.some(({ standings }) =>
      standings.some(({ role, status }) => role === "ours" && status !== "timed"),
    ),
  };
}

async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const interrupt = (): void => stop.abort(new InterruptedError("interrupted"));
  for (const name of SIGNALS) process.once(name, interrupt);
  try {
    return await work(stop.signal);
  } catch (error) {
    stop.signal.throwIfAborted(); // pipelines tell of an abort in an error of their own
    throw error;
  } finally {
    for (const name of SIGNALS) process.off(name, interrupt);
  }
}
