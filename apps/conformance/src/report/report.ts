// What a run of the suite leaves behind: plain data, the same in JSON. Numbers that JSON cannot hold are written as text.

/** Everything a run found. */
export interface ConformanceReport {
  readonly format: 1;
  /** When, as ISO 8601. */
  readonly created: string;
  /** What executed it, e.g. `Node 24.21.0, linux x64`. */
  readonly runtime: string;
  /** The command that repeats it. */
  readonly command: string;
  readonly lanes: readonly LaneReport[];
}

/** One backend, judged. */
export interface LaneReport {
  readonly lane: string;
  /** What the backend says of itself. */
  readonly backend: Readonly<Record<string, unknown>>;
  /** Why the lane could not start, or why its result does not count; undefined where all is well. */
  readonly problem?: string;
  readonly seconds: number;
  readonly totals: Totals;
  /** One for each operation and dtype that had cases. */
  readonly cells: readonly Cell[];
  readonly failures: readonly Failure[];
  readonly refusals: readonly Refusal[];
}

/** Counts of cases, and of the output numbers compared in them. */
export interface Totals {
  readonly cases: number;
  readonly passed: number;
  readonly failed: number;
  readonly refused: number;
  readonly numbers: number;
}

/** All cases of one operation in one dtype. */
export interface Cell extends Totals {
  readonly operation: string;
  readonly dtype: string;
  /** The largest distance from the oracle, in units in the last place of the output's dtype. */
  readonly worst?: Extreme;
  /** The largest ratio of a case's worst error to PyTorch's own worst error in it; 1 is as good as PyTorch. */
  readonly peer?: Extreme;
  /** How many numbers were how far off: one count per bin of `HISTOGRAM_EDGES`. */
  readonly histogram: readonly number[];
}

/** A value and the case it is from. */
export interface Extreme {
  readonly value: number;
  readonly address: string;
}

/** Upper ends of the bins in ULP, inclusive; the first bin is "exactly right", the last has no end. */
export const HISTOGRAM_EDGES: readonly number[] = [0, 0.5, 1, 2, 4, 8, 16, 64, Infinity];

/**
 * What a case failed at, in the order of judging: the call threw what it should not, or did not throw what it should
 * (`error`); wrong dtype or shape (`shape`); NaN, infinity or exact zero in the wrong place (`class`); outside the
 * interval that arithmetic allows (`interval`); worse than twice PyTorch's own error (`peer`); memory beside an output
 * written (`guard`); an input changed (`input`); other bits in a second call (`repeat`); memory neither freed nor owned (`leak`); the oracle's gradient is not
 * the slope of its loss (`slope`).
 */
export type Stage = "error" | "shape" | "class" | "interval" | "peer" | "guard" | "input" | "repeat" | "leak" | "slope";

/** One case that failed. */
export interface Failure {
  readonly address: string;
  readonly operation: string;
  readonly dtype: string;
  readonly stage: Stage;
  /** Which output, e.g. `gradLogits`. */
  readonly output?: string;
  readonly message: string;
  /** The first few wrong elements. */
  readonly wrong: readonly WrongElement[];
  /** How many elements are wrong in all. */
  readonly wrongCount: number;
  /** The command that reruns just this case. */
  readonly command: string;
}

/** An element of an output that is not what it should be. Values as text: `"NaN"`, `"-Infinity"`, `"0.4878"`. */
export interface WrongElement {
  /** Position in the output's row-major order. */
  readonly index: number;
  readonly row?: number;
  readonly class?: number;
  readonly got: string;
  readonly expected: string;
  /** How far from `expected` it may be. */
  readonly allowed: string;
}

/** Cases that a backend cannot run, by the reason it gives. */
export interface Refusal {
  readonly operation: string;
  readonly reason: string;
  readonly cases: number;
}
