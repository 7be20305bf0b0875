import type { CaseData } from "../contestant.ts";
import { floats } from "./inputs.ts";
import type { Products } from "./two-steps.ts";

// As loops.ts: sums are f64.

/** Matrix products as plain loops. */
export function loopProducts(data: CaseData): Products {
  const { shape, weightShape = [] } = data.benchCase;
  const [rows = 1, features = 1] = shape;
  const [classes = 1] = weightShape;
  const [hidden, weight] = [floats(data, "hidden"), floats(data, "weight")];
  return {
    logits() {
      const logits = new Float32Array(rows * classes);
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < classes; j++)
          logits[i * classes + j] = dot(hidden, i * features, weight, j * features, features);
      return logits;
    },
    gradients(slopes) {
      const gradHidden = new Float32Array(hidden.length);
      const gradWeight = new Float32Array(weight.length);
      const sum = new Float64Array(features);
      for (let i = 0; i < rows; i++) {
        sum.fill(0);
        for (let j = 0; j < classes; j++) addScaled(sum, slopes[i * classes + j] as number, weight, j * features);
        gradHidden.set(sum, i * features);
      }
      for (let j = 0; j < classes; j++) {
        sum.fill(0);
        for (let i = 0; i < rows; i++) addScaled(sum, slopes[i * classes + j] as number, hidden, i * features);
        gradWeight.set(sum, j * features);
      }
      return { read: () => ({ gradHidden, gradWeight }), release: () => undefined };
    },
    dispose: () => undefined,
  };
}

/** Four sums hide the latency of the additions. */
function dot(a: Float32Array, from: number, b: Float32Array, at: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < length; i += 4) {
    s0 += (a[from + i] as number) * (b[at + i] as number);
    s1 += (a[from + i + 1] as number) * (b[at + i + 1] as number);
    s2 += (a[from + i + 2] as number) * (b[at + i + 2] as number);
    s3 += (a[from + i + 3] as number) * (b[at + i + 3] as number);
  }
  for (; i < length; i++) s0 += (a[from + i] as number) * (b[at + i] as number);
  return s0 + s1 + (s2 + s3);
}

function addScaled(sum: Float64Array, factor: number, a: Float32Array, from: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + factor * (a[from + i] as number);
}
