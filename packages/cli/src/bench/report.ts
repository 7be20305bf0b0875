/** What `surprisal bench --json` writes. Fields are added within a version, never changed or taken away. */
export interface BenchReport {
  readonly version: 1;
  readonly command: "bench";
  /** In the order of what they were tried in. */
  readonly backends: readonly BenchBackend[];
  /** From the fewest logits to the most. */
  readonly cases: readonly BenchCase[];
  /** Which backend is the fastest from how many logits on, the smallest first. */
  readonly crossover: readonly { readonly fromLogits: number; readonly backend: string }[];
}

/** A backend of this machine, or why it has not. */
export type BenchBackend =
  | { readonly name: string; readonly available: true; readonly software: boolean }
  | { readonly name: string; readonly available: false; readonly reason: string };

/** One size. */
export interface BenchCase {
  readonly rows: number;
  readonly classes: number;
  readonly times: readonly BenchTime[];
}

/** The time of a mean cross entropy over resident f32 logits, its reading back included. */
export interface BenchTime {
  readonly backend: string;
  /** The median. */
  readonly milliseconds: number;
  readonly runs: number;
}
