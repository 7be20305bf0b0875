import { type Backend, klDivergence, logSoftmax, tensor } from "@surprisal/core";

/** Logits of some rows, `[outer, classes, inner]`, dense. */
export interface Logits {
  readonly values: Float64Array;
  readonly shape: readonly [outer: number, classes: number, inner: number];
}

/**
 * KL(A‖B) of each row, in nats: `Σ p_A·(log p_A − log p_B)`, from log-probabilities, in f64. Rounding can make it of models
 * that are all but equal a hair less than 0: then it is 0.
 *
 * @param backend one that computes in f64
 */
export async function divergences(a: Logits, b: Logits, backend: Backend): Promise<Float64Array> {
  using logitsA = tensor(a.values, a.shape, { backend });
  using logitsB = tensor(b.values, b.shape, { backend });
  using logA = logSoftmax(logitsA, { dim: 1 });
  using logB = logSoftmax(logitsB, { dim: 1 });
  using each = klDivergence(logB, logA, { logTarget: true, reduction: "none" });
  return rowSums(await each.data(), a.shape);
}

function rowSums(terms: ArrayLike<unknown>, [outer, classes, inner]: Logits["shape"]): Float64Array {
  const sums = new Float64Array(outer * inner);
  for (let n = 0; n < outer; n++) {
    for (let c = 0; c < classes; c++) {
      const at = (n * classes + c) * inner;
      for (let k = 0; k < inner; k++) {
        sums[n * inner + k] = (sums[n * inner + k] as number) + (terms[at + k] as number);
      }
    }
  }
  return sums.map((sum) => (sum < 0 ? 0 : sum));
}
