import { binaryCrossEntropy, binaryCrossEntropyWithLogits, type Tensor, tensor } from "@surprisal/core";
import { check, type Check, sumBound } from "../check.ts";

/** One prediction p for one label y, with its loss four ways. */
export interface BinaryCase {
  readonly y: 0 | 1;
  readonly p: number;
  /** p if y = 1, else 1 − p. */
  readonly pt: number;
  /** log(p / (1 − p)). */
  readonly logit: number;
  /** −[y log p + (1 − y) log(1 − p)]. */
  readonly byLogs: number;
  /** −log pt. */
  readonly byPt: number;
  readonly fromProbabilities: number;
  readonly fromLogits: number;
}

/** Binary cross entropy. */
export interface BinarySection {
  readonly kind: "binary";
  readonly cases: readonly BinaryCase[];
  readonly checks: readonly Check[];
}

const PAIRS: readonly (readonly [y: 0 | 1, p: number])[] = [
  [1, 0.9],
  [1, 0.2],
  [0, 0.2],
  [0, 0.99],
];

/** Section 2. */
export async function computeBinary(): Promise<BinarySection> {
  const cases = await Promise.all(PAIRS.map(([y, p]) => binaryCase(y, p)));
  const checks = cases.flatMap(({ y, p, byLogs, byPt, fromProbabilities, fromLogits }) => {
    const where = `binary cross entropy of y = ${y}, p = ${p}`;
    const bound = sumBound([byLogs]);
    return [
      check(`${where}: both formulas`, byLogs, byPt, bound),
      check(`${where}: formula and binaryCrossEntropy`, byLogs, fromProbabilities, bound),
      check(`${where}: formula and binaryCrossEntropyWithLogits`, byLogs, fromLogits, bound),
    ];
  });
  return { kind: "binary", cases, checks };
}

async function binaryCase(y: 0 | 1, p: number): Promise<BinaryCase> {
  const pt = y === 1 ? p : 1 - p;
  const logit = Math.log(p / (1 - p));
  return {
    y,
    p,
    pt,
    logit,
    byLogs: -(y * Math.log(p) + (1 - y) * Math.log(1 - p)),
    byPt: -Math.log(pt),
    fromProbabilities: await binaryCrossEntropy(f64(p), f64(y)).item(),
    fromLogits: await binaryCrossEntropyWithLogits(f64(logit), f64(y)).item(),
  };
}

function f64(value: number): Tensor {
  return tensor([value], [1], { dtype: "f64" });
}
