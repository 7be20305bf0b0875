import type { FloatDType, HostBackend, Tensor } from "@surprisal/core";

/** Logits' log-probabilities and one-hot labels, both `[N, C, d1 … dK]` and both f32. */
export interface Composition {
  readonly logProbabilities: Tensor<FloatDType, HostBackend>;
  /** Memory of `oneHot`, class axis last. */
  readonly hot: Tensor<FloatDType, HostBackend>;
}

/**
 * `−(oneHot · logSoftmax).sum(class dim)`, one loss per row, in plain loops over the arrays: the definition of cross
 * entropy, with nothing of the built-in loss in it.
 */
export function composedRowLosses({ logProbabilities, hot }: Composition): Float64Array {
  const [batch = 1, classes = 1, ...spatial] = logProbabilities.shape;
  const inner = spatial.reduce((product, size) => product * size, 1);
  const logP = f32Values(logProbabilities);
  const y = f32Values(hot);
  const losses = new Float64Array(batch * inner);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < inner; i++) {
      const row = n * inner + i;
      let loss = 0;
      for (let c = 0; c < classes; c++) {
        loss -= (y[row * classes + c] ?? NaN) * (logP[(n * classes + c) * inner + i] ?? NaN);
      }
      losses[row] = loss;
    }
  }
  return losses;
}

/** Sum in f64. */
export function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function f32Values(values: Tensor<FloatDType, HostBackend>): Float32Array {
  const view = values.view();
  if (view instanceof Float32Array) return view;
  throw new TypeError(`f32 required; got ${values.dtype}`);
}
