import type { ExactSums } from "./exact-sums.ts";

/**
 * What a metric remembers of the rows that it has seen: integers that count, and sums without error. Both are the same in
 * whatever order and grouping the rows came.
 */
export interface Tally {
  readonly counts: Readonly<Record<string, Float64Array>>;
  readonly sums: Readonly<Record<string, ExactSums>>;
}

/** Takes in what another tally of the same kind has seen. */
export function mergeTally(into: Tally, other: Tally): void {
  for (const [name, counts] of Object.entries(into.counts)) {
    const others = other.counts[name];
    for (let i = 0; i < counts.length; i++) counts[i] = (counts[i] as number) + (others?.[i] ?? 0);
  }
  for (const [name, sums] of Object.entries(into.sums)) {
    const others = other.sums[name];
    if (others !== undefined) sums.merge(others);
  }
}

/** One more. */
export function increment(counts: Float64Array, at: number = 0): void {
  counts[at] = (counts[at] as number) + 1;
}
