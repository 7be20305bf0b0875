import { setTimeout } from "node:timers/promises";
import type { Backend } from "@surprisal/core";
import type { BackendEntry } from "../backends.ts";
import { messageOf } from "../exit.ts";
import { adviceWhereFound, adviceWhereMissing } from "./advice.ts";
import { type Known, KNOWN } from "./known.ts";
import type { BackendReport, CheckReport } from "./report.ts";

/** Milliseconds that a check may take; a GPU in software that compiles its first shaders takes some hundreds. */
const PATIENCE = 60_000;

/** Looks at one backend: whether it can be had, what it says of itself, and whether it computes what is known. */
export async function examine(
  { name, create }: BackendEntry,
  checks: readonly Known[] = KNOWN,
  patience: number = PATIENCE,
): Promise<BackendReport> {
  let backend: Backend;
  try {
    backend = await create();
  } catch (error) {
    return { name, available: false, reason: messageOf(error), advice: adviceWhereMissing(error) };
  }
  try {
    const start = performance.now();
    const results: CheckReport[] = [];
    for (const known of checks) results.push(await compare(known, backend, patience));
    const milliseconds = performance.now() - start;
    const facts = backend.describe();
    const correct = results.every((result) => result.correct);
    return {
      name,
      available: true,
      facts,
      checks: results,
      correct,
      milliseconds,
      advice: adviceWhereFound(facts, correct),
    };
  } finally {
    backend.dispose();
  }
}

async function compare(
  { name, expected, bound, compute }: Known,
  backend: Backend,
  patience: number,
): Promise<CheckReport> {
  try {
    const results = await within(patience, compute(backend));
    const differences = expected.map((value, i) => Math.abs((results[i] ?? NaN) - value));
    const difference = Math.max(...differences); // NaN if one is, which is no agreement
    return { name, correct: results.length === expected.length && difference <= bound, difference, bound };
  } catch (error) {
    return { name, correct: false, bound, problem: messageOf(error) };
  }
}

/** Settles as the promise does, or rejects when the time is over: a device that hangs says nothing. */
async function within<T>(patience: number, promise: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const over = setTimeout(patience, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer within ${patience / 1000} s`);
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    timer.abort();
    await over.catch(() => undefined); // of an aborted timer: nothing to tell
  }
}
