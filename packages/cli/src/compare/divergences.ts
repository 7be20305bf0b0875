import { type Backend, logSoftmax, tensor } from "@surprisal/core";

/** Logits of some rows, `[outer, classes, inner]`, dense. */
export interface Logits {
  readonly values: Float64Array;
  readonly shape: readonly [outer: number, classes: number, inner: number];
}

/**
 * KL(A‖B) of each row, in nats, in f64, as Σ (q − p + p·d) with d = log p − log q: the same as Σ p·d, as p and q both sum to
 * 1, but no term is below 0, and what rounding does to log z is of second order. So divergences of 1e-15 have their digits.
 *
 * @param backend one that computes in f64
 */
export async function divergences(a: Logits, b: Logits, backend: Backend): Promise<Float64Array> {
  const logA = await logProbabilities(a, backend);
  const logB = await logProbabilities(b, backend);
  const [outer, classes, inner] = a.shape;
  const sums = new Float64Array(outer * inner);
  for (let n = 0; n < outer; n++) {
    for (let c = 0; c < classes; c++) {
      const at = (n * classes + c) * inner;
      for (let k = 0; k < inner; k++) {
        const row = n * inner + k;
        sums[row] = (sums[row] as number) + term(logA[at + k] as number, logB[at + k] as number);
      }
    }
  }
  return sums;
}

async function logProbabilities({ values, shape }: Logits, backend: Backend): Promise<Float64Array> {
  using logits = tensor(values, shape, { backend });
  using result = logSoftmax(logits, { dim: 1 });
  return (await result.data()) as Float64Array;
}

/** q − p + p·d, at least 0. */
function term(logP: number, logQ: number): number {
  if (logP === -Infinity) return Math.exp(logQ);
  const difference = logP - logQ;
  const p = Math.exp(logP);
  if (Math.abs(difference) < 1) return p * (Math.expm1(-difference) + difference);
  return Math.exp(logQ) - p + p * difference;
}
