import type { Geometry } from "../cases.ts";

// Three passes over a row: maximum, sum of exponentials, gradient (which computes the exponentials again, so that
// nothing is stored between). Sums are f64, as numbers are. Formula: loss = log Σ exp(x − m) + m − x_y.

/** Logits, where the classes lie, and where to write the gradient, if it is wanted. */
export interface Problem {
  readonly logits: Float32Array;
  readonly geometry: Geometry;
  readonly gradient: Float32Array | undefined;
}

/** Rows of neighbouring classes, one class index each. */
export function meanOfRows({ logits, geometry, gradient }: Problem, target: Int32Array): number {
  const { outer, classes } = geometry;
  let total = 0;
  for (let row = 0; row < outer; row++) {
    const start = row * classes;
    const end = start + classes;
    let max = -Infinity;
    for (let i = start; i < end; i++) {
      const x = logits[i] as number;
      if (x > max) max = x;
    }
    let sum = 0;
    for (let i = start; i < end; i++) sum += Math.exp((logits[i] as number) - max);
    const label = start + (target[row] as number);
    total += Math.log(sum) + (max - (logits[label] as number));
    if (gradient === undefined) continue;
    const scale = 1 / (sum * outer);
    for (let i = start; i < end; i++) gradient[i] = Math.exp((logits[i] as number) - max) * scale;
    gradient[label] = (gradient[label] as number) - 1 / outer;
  }
  return total / outer;
}

/** Classes `inner` elements apart, one class index for each position. */
export function meanOfStridedIndices({ logits, geometry, gradient }: Problem, target: Int32Array): number {
  const { outer, classes, inner } = geometry;
  const rows = outer * inner;
  let total = 0;
  for (let row = 0, start = 0; row < rows; start += (classes - 1) * inner) {
    for (const next = start + inner; start < next; start++, row++) {
      const end = start + classes * inner;
      let max = -Infinity;
      for (let i = start; i < end; i += inner) {
        const x = logits[i] as number;
        if (x > max) max = x;
      }
      let sum = 0;
      for (let i = start; i < end; i += inner) sum += Math.exp((logits[i] as number) - max);
      const label = start + (target[row] as number) * inner;
      total += Math.log(sum) + (max - (logits[label] as number));
      if (gradient === undefined) continue;
      const scale = 1 / (sum * rows);
      for (let i = start; i < end; i += inner) gradient[i] = Math.exp((logits[i] as number) - max) * scale;
      gradient[label] = (gradient[label] as number) - 1 / rows;
    }
  }
  return total / rows;
}

/** Classes `inner` elements apart, a probability q for each: loss = Σ q · (log Σ exp(x − m) + m − x). */
export function meanOfStridedProbabilities({ logits, geometry, gradient }: Problem, target: Float32Array): number {
  const { outer, classes, inner } = geometry;
  const rows = outer * inner;
  let total = 0;
  for (let row = 0, start = 0; row < rows; start += (classes - 1) * inner) {
    for (const next = start + inner; start < next; start++, row++) {
      const end = start + classes * inner;
      let max = -Infinity;
      for (let i = start; i < end; i += inner) {
        const x = logits[i] as number;
        if (x > max) max = x;
      }
      let sum = 0;
      let mass = 0;
      let gaps = 0;
      for (let i = start; i < end; i += inner) {
        const gap = (logits[i] as number) - max;
        const q = target[i] as number;
        sum += Math.exp(gap);
        mass += q;
        gaps += q * gap;
      }
      total += mass * Math.log(sum) - gaps;
      if (gradient === undefined) continue;
      const scale = mass / sum;
      for (let i = start; i < end; i += inner) {
        gradient[i] = (Math.exp((logits[i] as number) - max) * scale - (target[i] as number)) / rows;
      }
    }
  }
  return total / rows;
}
