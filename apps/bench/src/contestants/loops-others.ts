// As loops.ts: sums are f64, exponentials are computed again rather than stored.

/** Mean binary cross entropy with logits: max(x, 0) − x · y + log(1 + exp(−|x|)); its gradient is (σ(x) − y) / n. */
export function meanBinary(logits: Float32Array, target: Float32Array, gradient: Float32Array | undefined): number {
  const n = logits.length;
  let total = 0;
  for (let i = 0; i < n; i++) {
    const x = logits[i] as number;
    const y = target[i] as number;
    const small = Math.exp(-Math.abs(x));
    total += Math.max(x, 0) - x * y + Math.log1p(small);
    if (gradient !== undefined) gradient[i] = ((x >= 0 ? 1 : small) / (1 + small) - y) / n;
  }
  return total / n;
}

/** Rows of neighbouring classes, and where results go. */
export interface SoftmaxProblem {
  readonly input: Float32Array;
  readonly upstream: Float32Array;
  readonly classes: number;
  readonly output: Float32Array;
  /** Where the gradient goes, if it is wanted: y · (g − Σ g y). */
  readonly gradInput: Float32Array | undefined;
}

/** Softmax of each row, and its gradient. */
export function softmaxOfRows({ input, upstream, classes, output, gradInput }: SoftmaxProblem): void {
  for (let start = 0; start < input.length; start += classes) {
    const end = start + classes;
    let max = -Infinity;
    for (let i = start; i < end; i++) {
      const x = input[i] as number;
      if (x > max) max = x;
    }
    let sum = 0;
    for (let i = start; i < end; i++) sum += Math.exp((input[i] as number) - max);
    const scale = 1 / sum;
    for (let i = start; i < end; i++) output[i] = Math.exp((input[i] as number) - max) * scale;
    if (gradInput === undefined) continue;
    let dot = 0;
    for (let i = start; i < end; i++) dot += (upstream[i] as number) * (output[i] as number);
    for (let i = start; i < end; i++) gradInput[i] = (output[i] as number) * ((upstream[i] as number) - dot);
  }
}
