import { geometryOf, sizeOf } from "../cases.ts";
import type { CaseData } from "../contestant.ts";
import { floats, integers } from "../contestants/inputs.ts";
import { expected, type Expected, largest, type Reference } from "./expected.ts";

// A plain loop in f64. All logits are needed for the loss; of the gradients, which take three times as long in full,
// a few rows of each are computed, spread over the whole, and compared.

const SAMPLED = 16;
/** Rows at once: each element of the weight that is read serves them all. */
const BLOCK = 4;

interface Problem {
  readonly hidden: Float64Array;
  readonly weight: Float32Array;
  readonly target: Int32Array;
  readonly rows: number;
  readonly classes: number;
  readonly features: number;
}

/** log Σ exp of each row, and the logits of sampled classes: [rows, sampled classes]. */
interface Logits {
  readonly logSums: Float64Array;
  readonly sampled: Float64Array;
  readonly loss: number;
}

/** The loss, and a few rows of both gradients. */
export function linearReference(data: CaseData): Reference {
  const { classes } = geometryOf(data.benchCase);
  const hidden = Float64Array.from(floats(data, "hidden"));
  const target = integers(data, "target");
  const rows = target.length;
  const weight = floats(data, "weight");
  const problem: Problem = { hidden, weight, target, rows, classes, features: sizeOf([hidden.length]) / rows };
  const sampledClasses = spread(classes);
  const logits = forward(problem, sampledClasses);
  return {
    loss: expected(Float64Array.of(logits.loss)),
    gradHidden: hiddenRows(problem, logits),
    gradWeight: weightRows(problem, logits, sampledClasses),
  };
}

/** Up to `SAMPLED` of `0 … n − 1`, the first and the last among them. */
function spread(n: number): number[] {
  const count = Math.min(n, SAMPLED);
  return Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.floor((i * (n - 1)) / (count - 1))));
}

function forward(problem: Problem, sampledClasses: readonly number[]): Logits {
  const { rows, classes, target } = problem;
  const logSums = new Float64Array(rows);
  const sampled = new Float64Array(rows * sampledClasses.length);
  const block = new Float64Array(BLOCK * classes);
  let total = 0;
  for (let first = 0; first < rows; first += BLOCK) {
    fillBlock(problem, first, block);
    for (let row = first; row < Math.min(rows, first + BLOCK); row++) {
      const logits = block.subarray((row - first) * classes, (row - first + 1) * classes);
      const logSum = logSumExp(logits);
      logSums[row] = logSum;
      total += logSum - (logits[target[row] as number] as number);
      for (const [k, j] of sampledClasses.entries()) sampled[row * sampledClasses.length + k] = logits[j] as number;
    }
  }
  return { logSums, sampled, loss: total / rows };
}

/** Logits of rows `first … first + 3`; rows beyond the last repeat it. */
function fillBlock({ hidden, weight, rows, classes, features }: Problem, first: number, block: Float64Array): void {
  const [h0, h1, h2, h3] = [0, 1, 2, 3].map((i) => Math.min(first + i, rows - 1) * features) as [
    number,
    number,
    number,
    number,
  ];
  for (let j = 0, w = 0; j < classes; j++, w += features) {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let f = 0; f < features; f++) {
      const x = weight[w + f] as number;
      a += x * (hidden[h0 + f] as number);
      b += x * (hidden[h1 + f] as number);
      c += x * (hidden[h2 + f] as number);
      d += x * (hidden[h3 + f] as number);
    }
    block[j] = a;
    block[classes + j] = b;
    block[2 * classes + j] = c;
    block[3 * classes + j] = d;
  }
}

function logSumExp(logits: Float64Array): number {
  let max = -Infinity;
  for (let j = 0; j < logits.length; j++) max = Math.max(max, logits[j] as number);
  let sum = 0;
  for (let j = 0; j < logits.length; j++) sum += Math.exp((logits[j] as number) - max);
  return Math.log(sum) + max;
}

/** Σ_j (p_j − [j = target]) · weight_j / rows, for a few rows. */
function hiddenRows(problem: Problem, { logSums }: Logits): Expected {
  const { hidden, weight, target, rows, classes, features } = problem;
  const chosen = spread(rows);
  const values = new Float64Array(chosen.length * features);
  const block = new Float64Array(BLOCK * classes);
  for (const [k, row] of chosen.entries()) {
    fillBlock(problem, row, block);
    const gradient = values.subarray(k * features, (k + 1) * features);
    for (let j = 0; j < classes; j++) {
      const p = Math.exp((block[j] as number) - (logSums[row] as number)) - (target[row] === j ? 1 : 0);
      for (let f = 0; f < features; f++)
        gradient[f] = (gradient[f] as number) + (p / rows) * (weight[j * features + f] as number);
    }
  }
  return partly(values, chosen, { features, length: hidden.length });
}

/** Σ_n (p_nj − [j = target_n]) · hidden_n / rows, for a few classes j. */
function weightRows({ hidden, weight, target, rows, features }: Problem, logits: Logits, chosen: number[]): Expected {
  const values = new Float64Array(chosen.length * features);
  for (const [k, j] of chosen.entries()) {
    const gradient = values.subarray(k * features, (k + 1) * features);
    for (let row = 0; row < rows; row++) {
      const logit = logits.sampled[row * chosen.length + k] as number;
      const p = Math.exp(logit - (logits.logSums[row] as number)) - (target[row] === j ? 1 : 0);
      for (let f = 0; f < features; f++)
        gradient[f] = (gradient[f] as number) + (p / rows) * (hidden[row * features + f] as number);
    }
  }
  return partly(values, chosen, { features, length: weight.length });
}

interface Whole {
  readonly features: number;
  readonly length: number;
}

function partly(values: Float64Array, chosen: readonly number[], { features, length }: Whole): Expected {
  const at = Int32Array.from({ length: values.length }, (_, i) => {
    const row = chosen[Math.floor(i / features)] ?? 0;
    return row * features + (i % features);
  });
  return { length, values, at, scale: largest(values) };
}
