import {
  type Backend,
  type LinearCrossEntropyGradOptions,
  linearCrossEntropyWithGrad,
  randint,
  randn,
  tensor,
} from "@surprisal/core";

// What `gradientFilter` should give, from the definitions and in f64, for the tests of each backend. Logits are spread so widely that
// probabilities are small in most places, and differ from row to row.

/** Numbers of a case; absent ones are those of the function itself. */
export interface FilteredCase {
  readonly about: string;
  readonly rows: number;
  readonly features: number;
  readonly classes: number;
  readonly bound: number;
  readonly dtype?: "f32" | "f64";
  /** What one logit differs from another by. */
  readonly spread?: number;
  readonly bias?: true;
  readonly weights?: true;
  /** Each third row is left out. */
  readonly ignored?: true;
  readonly softcap?: number;
  readonly logitScale?: number;
  readonly zLoss?: number;
  readonly maxBytes?: number;
}

/** Both sides of 64 classes, of tiles and of blocks. */
export const FILTERED_CASES: readonly FilteredCase[] = [
  { about: "one span", rows: 5, features: 3, classes: 40, bound: 0.9 },
  { about: "whole spans", rows: 16, features: 8, classes: 512, bound: 2 ** -8 },
  { about: "a last span of one class, features that no tile has", rows: 37, features: 17, classes: 449, bound: 2 ** -10 },
  { about: "bias, class weights, rows left out", rows: 41, features: 9, classes: 300, bound: 2 ** -7, bias: true, weights: true, ignored: true },
  { about: "softcap, scale and z-loss", rows: 24, features: 8, classes: 260, bound: 2 ** -9, softcap: 9, logitScale: 1.25, zLoss: 0.01 },
  { about: "blocks of few rows", rows: 130, features: 16, classes: 1000, bound: 2 ** -10, bias: true, maxBytes: 400_000 },
  { about: "f64", rows: 20, features: 7, classes: 200, bound: 2 ** -9, dtype: "f64", bias: true },
]; // prettier-ignore

/** What a call gives, as plain numbers. */
export interface FilteredResult {
  readonly loss: Float64Array;
  readonly gradHidden: Float64Array;
  readonly gradWeight: Float64Array;
  readonly gradBias: Float64Array;
  /** Undefined where there is no filter. */
  readonly discardedMass: number | undefined;
}

/** A case's call on a backend, its losses added up, with another bound than its own, or none. */
export async function onBackend(
  filteredCase: FilteredCase,
  backend: Backend,
  bound: number | "none" = filteredCase.bound,
): Promise<FilteredResult> {
  const { rows, features, classes, dtype = "f32", softcap, logitScale, zLoss, maxBytes } = filteredCase;
  const { hidden, weight, bias, classWeight, labels } = inputsOf(filteredCase);
  const on = (values: Float64Array, shape: readonly number[]) => tensor([...values], [...shape], { dtype, backend });
  const given: LinearCrossEntropyGradOptions = {
    reduction: "sum",
    ...(bias && { bias: on(bias, [classes]) }),
    ...(classWeight && { classWeight: on(classWeight, [classes]) }),
    ...(softcap !== undefined && { softcap }),
    ...(logitScale !== undefined && { logitScale }),
    ...(zLoss !== undefined && { zLoss }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(bound !== "none" && { gradientFilter: bound }),
  };
  const target = tensor(Int32Array.from(labels), [rows], { backend });
  const result = linearCrossEntropyWithGrad(
    on(hidden, [rows, features]),
    on(weight, [classes, features]),
    target,
    given,
  );
  const read = async (values: typeof result.gradBias): Promise<Float64Array> =>
    values === undefined ? new Float64Array() : Float64Array.from((await values.data()) as Float32Array);
  return {
    loss: await read(result.loss),
    gradHidden: await read(result.gradHidden),
    gradWeight: await read(result.gradWeight),
    gradBias: await read(result.gradBias),
    discardedMass: (await read(result.discardedMass))[0],
  };
}

interface Inputs {
  readonly hidden: Float64Array;
  readonly weight: Float64Array;
  readonly bias: Float64Array | undefined;
  readonly classWeight: Float64Array | undefined;
  readonly labels: readonly number[];
}

function inputsOf({ rows, features, classes, spread = 4, bias, weights, ignored }: FilteredCase): Inputs {
  const factor = spread / Math.sqrt(features);
  const hidden = randn([rows, features], { seed: 1 }).view();
  const weight = randn([classes, features], { seed: 2 }).view();
  const labels = randint(0, classes, [rows], { seed: 3, dtype: "i32" }).view();
  return {
    hidden: Float64Array.from(hidden),
    weight: Float64Array.from(weight, (each) => Math.fround(each * factor)),
    bias: bias && Float64Array.from(randn([classes], { seed: 4 }).view()),
    classWeight: weights && Float64Array.from({ length: classes }, (_, j) => 0.5 + (j % 3) / 2),
    labels: Array.from(labels, (label, row) => (ignored && row % 3 === 1 ? -100 : label)),
  };
}

/** What it should be, with the bounds that the filter's error keeps within. */
export interface Expected extends Omit<FilteredResult, "loss"> {
  readonly discardedMass: number;
  /** Spans left out, and all. */
  readonly skipped: number;
  readonly spans: number;
  /** How near to the bound a span's largest probability is, relatively: above what rounding does. */
  readonly margin: number;
  /** The largest change of the hidden, weight and bias gradients that the discarded mass allows. */
  readonly allowed: { readonly gradHidden: number; readonly gradWeight: number; readonly gradBias: number };
}

/** A case from the definitions. */
export function expectedOf(filteredCase: FilteredCase): Expected {
  const { rows, features, classes, bound } = filteredCase;
  const inputs = inputsOf(filteredCase);
  const gradHidden = new Float64Array(rows * features);
  const gradWeight = new Float64Array(classes * features);
  const gradBias = new Float64Array(filteredCase.bias ? classes : 0);
  let [discardedMass, skipped, spans, margin, steepest] = [0, 0, 0, Infinity, 0];
  for (let row = 0; row < rows; row++) {
    const label = inputs.labels[row] ?? -1;
    if (label < 0) continue;
    const { probability, gradient, factor } = rowOf(filteredCase, inputs, row, label);
    for (let start = 0; start < classes; start += 64) {
      spans++;
      const end = Math.min(start + 64, classes);
      const span = probability.subarray(start, end);
      const labelled = label >= start && label < end;
      if (!labelled) margin = Math.min(margin, Math.abs(Math.max(...span) / bound - 1));
      if (!labelled && span.every((p) => p < bound)) {
        skipped++;
        discardedMass += span.reduce((sum, p) => sum + p, 0);
        steepest = Math.max(steepest, factor);
        continue;
      }
      for (let j = start; j < end; j++) {
        const g = gradient[j] ?? 0;
        if (gradBias.length > 0) gradBias[j] = (gradBias[j] ?? 0) + g;
        for (let d = 0; d < features; d++) {
          gradHidden[row * features + d] =
            (gradHidden[row * features + d] ?? 0) + g * (inputs.weight[j * features + d] ?? 0);
          gradWeight[j * features + d] =
            (gradWeight[j * features + d] ?? 0) + g * (inputs.hidden[row * features + d] ?? 0);
        }
      }
    }
  }
  const most = steepest * discardedMass;
  const allowed = {
    gradHidden: most * largest(inputs.weight),
    gradWeight: most * largest(inputs.hidden),
    gradBias: most,
  };
  return { gradHidden, gradWeight, gradBias, discardedMass, skipped, spans, margin, allowed };
}

/** A row's softmax, the gradient of its loss, and what multiplies a probability in it at most. */
function rowOf(
  { features, classes, softcap = 0, logitScale = 1, zLoss = 0 }: FilteredCase,
  { hidden, weight, bias, classWeight }: Inputs,
  row: number,
  label: number,
): { readonly probability: Float64Array; readonly gradient: Float64Array; readonly factor: number } {
  const slopes = new Float64Array(classes);
  const logits = Float64Array.from({ length: classes }, (_, j) => {
    let x = bias?.[j] ?? 0;
    for (let d = 0; d < features; d++) x += (hidden[row * features + d] ?? 0) * (weight[j * features + d] ?? 0);
    const t = softcap === 0 ? 0 : Math.tanh((logitScale * x) / softcap);
    slopes[j] = logitScale * (1 - t * t);
    return softcap === 0 ? logitScale * x : softcap * t;
  });
  const max = logits.reduce((most, x) => Math.max(most, x), -Infinity);
  const z = logits.reduce((sum, x) => sum + Math.exp(x - max), 0);
  const mass = classWeight?.[label] ?? 1;
  const factor = mass + 2 * zLoss * (max + Math.log(z));
  const probability = logits.map((x) => Math.exp(x - max) / z);
  const gradient = probability.map((p, j) => (factor * p - (j === label ? mass : 0)) * (slopes[j] ?? 0));
  return { probability, gradient, factor: Math.abs(factor) * logitScale };
}

/** The largest magnitude. */
export function largest(values: Float64Array): number {
  return values.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
}

/** The largest difference of two lists, which are as long as each other. @throws RangeError if they are not */
export function distance(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} numbers cannot be compared with ${b.length}`);
  return a.reduce((most, each, i) => (Number.isNaN(each) ? NaN : Math.max(most, Math.abs(each - (b[i] ?? NaN)))), 0);
}
