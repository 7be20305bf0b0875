import type { Kind, Pass } from "./contestant.ts";

/** One thing to measure. Losses have reduction `"mean"`. */
export interface BenchCase {
  readonly id: string;
  readonly kind: Kind;
  /** Of the logits `[N, C, …]`; of the input of a softmax along the last dim; of linear's hidden `[N, D]`. */
  readonly shape: readonly number[];
  /** Linear's weight `[V, D]`. */
  readonly weightShape?: readonly number[];
  /** `probabilities`: one for each logit. `none`: a softmax has no target. */
  readonly target: "indices" | "probabilities" | "none";
  /** Calls in a row in one sample: more than one where a call is too short for the clock. */
  readonly calls: number;
  /** What the numbers stand for. */
  readonly about: string;
}

/** The passes that every case is measured in. */
export const PASSES: readonly Pass[] = ["forward", "gradient"];

/** Everything that `pnpm bench` measures. */
export const CASES: readonly BenchCase[] = [
  {
    id: "volume",
    kind: "cross-entropy",
    shape: [1, 4, 128, 128, 128],
    target: "indices",
    calls: 1,
    about: "segmentation of a volume into 4 classes; a class lies 2,097,152 elements from the next",
  },
  {
    id: "volume-probabilities",
    kind: "cross-entropy",
    shape: [1, 4, 128, 128, 128],
    target: "probabilities",
    calls: 1,
    about: "the same with a probability for each class",
  },
  {
    id: "lm",
    kind: "cross-entropy",
    shape: [512, 128_256],
    target: "indices",
    calls: 1,
    about: "512 tokens of a language model with a vocabulary of 128,256",
  },
  {
    id: "imagenet",
    kind: "cross-entropy",
    shape: [4096, 1000],
    target: "indices",
    calls: 1,
    about: "a batch of pictures of 1,000 classes",
  },
  {
    id: "wide",
    kind: "cross-entropy",
    shape: [1_048_576, 10],
    target: "indices",
    calls: 1,
    about: "a million short rows",
  },
  {
    id: "binary",
    kind: "binary",
    shape: [2 ** 24],
    target: "probabilities",
    calls: 1,
    about: "binary cross entropy with logits of 16,777,216 elements",
  },
  {
    id: "tiny",
    kind: "cross-entropy",
    shape: [3, 2],
    target: "indices",
    calls: 5000,
    about: "what a call costs whatever its size",
  },
  {
    id: "softmax",
    kind: "softmax",
    shape: [4096, 1000],
    target: "none",
    calls: 1,
    about: "softmax of a batch of pictures; with gradient: and its gradient for a given upstream",
  },
  {
    id: "softmax-lm",
    kind: "softmax",
    shape: [64, 128_256],
    target: "none",
    calls: 1,
    about: "softmax over a vocabulary",
  },
  {
    id: "linear",
    kind: "linear",
    shape: [512, 1024],
    weightShape: [32_768, 1024],
    target: "indices",
    calls: 1,
    about: "the head of a language model: cross entropy of hidden · weightᵀ, with both gradients",
  },
];

/** A class dim's place in memory: class j of a row lies `inner` elements after class j − 1. */
export interface Geometry {
  readonly outer: number;
  readonly classes: number;
  readonly inner: number;
}

/** How logits lie in memory: classes along dim 1, along the last dim for a softmax, the weight's rows for linear. */
export function geometryOf({ kind, shape, weightShape }: BenchCase): Geometry {
  if (kind === "binary") return { outer: sizeOf(shape), classes: 1, inner: 1 };
  if (kind === "linear") return { outer: shape[0] ?? 1, classes: weightShape?.[0] ?? 1, inner: 1 };
  if (kind === "softmax") return { outer: sizeOf(shape.slice(0, -1)), classes: shape.at(-1) ?? 1, inner: 1 };
  return { outer: shape[0] ?? 1, classes: shape[1] ?? 1, inner: sizeOf(shape.slice(2)) };
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** The least bytes that a pass has to move: each input once (f32, class indices as i32), each output once. */
export interface Traffic {
  readonly read: number;
  readonly written: number;
}

/** What a pass of a case has to move at least. */
export function trafficOf(benchCase: BenchCase, pass: Pass): Traffic {
  const { kind, shape, weightShape, target } = benchCase;
  const main = 4 * (sizeOf(shape) + (weightShape === undefined ? 0 : sizeOf(weightShape)));
  if (kind === "softmax")
    return pass === "forward" ? { read: main, written: main } : { read: 2 * main, written: 2 * main };
  const { outer, inner } = geometryOf(benchCase);
  const read = main + (target === "indices" ? 4 * outer * inner : main);
  return { read, written: 4 + (pass === "gradient" ? main : 0) };
}

/** Floating point operations of the matrix products, in the cases where they are what takes the time. */
export function matrixFlops({ kind, shape, weightShape }: BenchCase, pass: Pass): number | undefined {
  if (kind !== "linear" || weightShape === undefined) return undefined;
  return 2 * sizeOf(shape) * (weightShape[0] ?? 0) * (pass === "forward" ? 1 : 3);
}

/** A case's shape as people write it. */
export function shapeText({ shape, weightShape }: BenchCase): string {
  const text = `[${shape.join(", ")}]`;
  return weightShape === undefined ? text : `${text} × [${weightShape.join(", ")}]`;
}
