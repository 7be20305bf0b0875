import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

// What backends say of themselves in each runtime, pinned: a change shows in a diff.

export type Facts = Readonly<Record<string, unknown>>;

const FILE = new URL("facts.json", import.meta.url);

/** Facts that the same machine gives everywhere, or that say how much is in use. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "memoryBytes",
  "freeBytes",
  "buffers",
  "pooledBytes",
  "pooledBuffers",
  "description",
  "features",
  "limits",
]);

/** The facts that are pinned. */
export function pinnable(described: Facts): Facts {
  return Object.fromEntries(Object.entries(described).filter(([name]) => !LEFT_OUT.has(name)));
}

/** What is pinned for each lane. */
export function readFacts(): Readonly<Record<string, Facts>> {
  return JSON.parse(readFileSync(FILE, "utf8")) as Record<string, Facts>;
}

/** Pins these instead. */
export function writeFacts(facts: Readonly<Record<string, Facts>>): void {
  writeFileSync(FILE, `${JSON.stringify(facts, null, 2)}\n`);
}

/** Which facts are not those that are pinned, in words. */
export function factsChanged(now: Facts, pinned: Facts | undefined): readonly string[] {
  if (pinned === undefined) return ["nothing is pinned for it"];
  const names = [...new Set([...Object.keys(pinned), ...Object.keys(now)])];
  return names
    .filter((name) => !isDeepStrictEqual(now[name], pinned[name]))
    .map((name) => `${name} is ${JSON.stringify(now[name])}; ${JSON.stringify(pinned[name])} is pinned`);
}
