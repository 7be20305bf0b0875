import { expect, test } from "vitest";
import { crossEntropyStats, crossEntropyWithGrad, randint, randn, softmax, type Tensor } from "./index.ts";

// Against the definitions, evaluated one row at a time in f64 and in the plainest way (docs/semantics.md).

interface Row {
  readonly loss: number;
  readonly gradient: readonly number[];
  /** Size of the terms that cancel in the loss, and in each entry of the gradient. */
  readonly lossTerms: number;
  readonly gradientTerms: readonly number[];
}

/** Loss and gradient of one row for the target masses Q. */
function rowOf(x: readonly number[], mass: readonly number[]): Row {
  const max = Math.max(...x);
  const z = x.reduce((sum, each) => sum + Math.exp(each - max), 0);
  const total = mass.reduce((sum, q) => sum + q, 0);
  const p = x.map((each) => Math.exp(each - max) / z);
  const gaps = x.map((each, j) => (mass[j] === 0 ? 0 : (mass[j] ?? 0) * (max - each)));
  return {
    loss: total * Math.log(z) + gaps.reduce((sum, gap) => sum + gap, 0),
    gradient: p.map((each, j) => total * each - (mass[j] ?? 0)),
    lossTerms: total * Math.log(z) + gaps.reduce((sum, gap) => sum + Math.abs(gap), 0),
    gradientTerms: p.map((each, j) => total * each + (mass[j] ?? 0)),
  };
}

/** How much of its allowance an error uses: 1 ulp of an f32 result, and the f64 roundings of `count` terms. */
function usedBound(got: number, want: number, terms: number, count: number): number {
  const bound = Math.max(Math.abs(want) * 2 ** -23, 2 ** -149) + (count + 64) * 2 ** -52 * terms;
  return Object.is(got, want) ? 0 : Math.abs(got - want) / bound;
}

/** Values of row (o, i) in data of shape [outer, classes, inner]. */
function rowAt(data: ArrayLike<number>, row: number, classes: number, inner: number): number[] {
  const [o, i] = [Math.floor(row / inner), row % inner];
  return Array.from({ length: classes }, (_, c) => data[(o * classes + c) * inner + i] ?? NaN);
}

const CLASSES = [1, 2, 3, 4, 5, 63, 64, 65, 255, 257, 1023, 1024, 1025, 4097];
const INNER = [1, 2, 3, 4, 5, 17];
const OUTER = 2;

const TARGETS = ["index", "smoothed and weighted", "probabilities"] as const;

function expectDefinition(classes: number, inner: number, kind: (typeof TARGETS)[number]): void {
  const logits = randn([OUTER, classes, inner], { seed: classes * 100 + inner });
  const labels = randint(0, classes, [OUTER, inner], { seed: inner, dtype: "i32" });
  const dense = softmax(randn([OUTER, classes, inner], { seed: 5 }), { dim: 1 }) as Tensor<
    "f32",
    typeof logits.backend
  >;
  const weight = softmax(randn([classes], { seed: 6 })) as typeof dense;
  const smoothing = kind === "smoothed and weighted" ? 0.1 : 0;
  const options = kind === "smoothed and weighted" ? { weight, labelSmoothing: smoothing } : {};
  const target = kind === "probabilities" ? dense : labels;
  const { loss, grad } = crossEntropyWithGrad(logits, target, { ...options, reduction: "none" });
  const [x, y, w, q] = [logits.view(), labels.view(), weight.view(), dense.view()];
  const [losses, gradients] = [(loss as typeof dense).view(), (grad as typeof dense).view()];
  let worst = 0;
  for (let row = 0; row < OUTER * inner; row++) {
    const weightOf = (j: number): number => (smoothing === 0 ? 1 : (w[j] ?? NaN));
    const hot = (j: number): number => ((j === y[row] ? 1 - smoothing : 0) + smoothing / classes) * weightOf(j);
    const masses = rowAt(q, row, classes, inner).map((each, j) => (kind === "probabilities" ? each : hot(j)));
    const want = rowOf(rowAt(x, row, classes, inner), masses);
    worst = Math.max(worst, usedBound(losses[row] ?? NaN, want.loss, want.lossTerms, classes));
    for (const [j, got] of rowAt(gradients, row, classes, inner).entries()) {
      worst = Math.max(worst, usedBound(got, want.gradient[j] ?? NaN, want.gradientTerms[j] ?? NaN, classes));
    }
  }
  expect(worst).toBeLessThanOrEqual(1);
}

test.each(CLASSES.flatMap((classes) => TARGETS.map((kind) => [classes, kind] as const)))(
  "%d classes, %s, over inner sizes",
  (classes, kind) => {
    const at = TARGETS.indexOf(kind) * 2; // many classes: each inner size once, to stay quick
    for (const inner of classes > 1000 ? INNER.slice(at, at + 2) : INNER) expectDefinition(classes, inner, kind);
  },
);

test.each([1, 2, 5, 64, 1025, 5000])("statistics of %d classes", async (classes) => {
  const rows = 4;
  const logits = randn([rows, classes], { seed: 9 });
  const x = logits.view();
  for (let i = 0; i < x.length; i++) x[i] = Math.round((x[i] ?? 0) * 8) / 8; // many ties
  const target = randint(0, classes, [rows], { seed: 10, dtype: "i16" });
  const stats = crossEntropyStats(logits, target);
  const [loss, max, logSum, predicted, rank, entropy, probability] = await Promise.all(
    [stats.loss, stats.max, stats.logSum, stats.predicted, stats.rank, stats.entropy, stats.probability].map(
      async (each) => Array.from(await each.data(), Number),
    ),
  );
  const used: number[] = [];
  for (const [row, label] of target.view().entries()) {
    const values = rowAt(x, row, classes, 1);
    const own = values[label] ?? NaN;
    const top = Math.max(...values);
    const z = values.reduce((sum, each) => sum + Math.exp(each - top), 0);
    const meanGap = values.reduce((sum, each) => sum + (Math.exp(each - top) / z) * (top - each), 0);
    const check = (got: number | undefined, want: number, terms = Math.abs(want)): void => {
      used.push(usedBound(got ?? NaN, want, terms, classes));
    };
    expect(predicted?.[row]).toBe(values.indexOf(top));
    expect(rank?.[row]).toBe(1 + values.filter((each, j) => each > own || (each === own && j < label)).length);
    check(max?.[row], top);
    check(logSum?.[row], Math.log(z));
    check(loss?.[row], Math.log(z) + top - own);
    check(entropy?.[row], Math.log(z) + meanGap);
    check(probability?.[row], Math.exp(own - top) / z);
  }
  expect(Math.max(...used)).toBeLessThanOrEqual(1);
});
