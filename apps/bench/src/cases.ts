/** One thing to measure: logits `[N, C, …]` with a target, reduction `"mean"`. */
export interface BenchCase {
  readonly id: string;
  readonly shape: readonly [batch: number, classes: number, ...positions: number[]];
  readonly target: "indices" | "probabilities";
  /** Calls in one sample: more than one where a call is too short for the clock. */
  readonly calls: number;
  /** What the numbers stand for. */
  readonly about: string;
}

/** The passes that every case is measured in. */
export const PASSES = ["forward", "gradient"] as const;
/** The loss alone, or the loss and its gradient with respect to the logits. */
export type Pass = (typeof PASSES)[number];

/** Everything that `pnpm bench` measures. */
export const CASES: readonly BenchCase[] = [
  {
    id: "volume",
    shape: [1, 4, 128, 128, 128],
    target: "indices",
    calls: 1,
    about: "segmentation of a volume into 4 classes; a class lies 2,097,152 elements from the next",
  },
  {
    id: "volume-probabilities",
    shape: [1, 4, 128, 128, 128],
    target: "probabilities",
    calls: 1,
    about: "the same with a probability for each class",
  },
  {
    id: "lm",
    shape: [512, 128_256],
    target: "indices",
    calls: 1,
    about: "512 tokens of a language model with a vocabulary of 128,256",
  },
  { id: "imagenet", shape: [4096, 1000], target: "indices", calls: 1, about: "a batch of pictures of 1,000 classes" },
  { id: "tiny", shape: [3, 2], target: "indices", calls: 20_000, about: "what a call costs whatever its size" },
];

/** A class dim's place in memory: `outer · classes · inner` elements, class j of a row `inner` elements after class j − 1. */
export interface Geometry {
  readonly outer: number;
  readonly classes: number;
  readonly inner: number;
}

/** How the logits of a case lie in memory. */
export function geometryOf({ shape: [outer, classes, ...positions] }: BenchCase): Geometry {
  return { outer, classes, inner: positions.reduce((product, n) => product * n, 1) };
}

/** Number of losses that the mean is over. */
export function rowsOf(benchCase: BenchCase): number {
  const { outer, inner } = geometryOf(benchCase);
  return outer * inner;
}

/** The least that a pass has to move: each input once (f32, i64), each output once. */
export function minimumBytes(benchCase: BenchCase, pass: Pass): number {
  const rows = rowsOf(benchCase);
  const logits = 4 * rows * geometryOf(benchCase).classes;
  const target = benchCase.target === "indices" ? 8 * rows : logits;
  return logits + target + 4 + (pass === "gradient" ? logits : 0);
}
