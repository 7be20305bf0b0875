import { inputOf, isFloat, type Problem, splitAt } from "../problem.ts";
import { type Algebra, type Approximate, exact, ONE, ZERO } from "./algebra.ts";
import { Distribution } from "./distribution.ts";
import { type ExpectedOutputs, expectedZeros, put } from "./expected.ts";

/** A row of the value, and of the gradient for what arrives from above. */
interface RowResult {
  readonly value: readonly Approximate[];
  readonly gradient: readonly Approximate[];
}

type RowFunction = (algebra: Algebra, row: readonly Approximate[], upstream: readonly Approximate[]) => RowResult;

const NAN = exact(NaN);

/** y_j = p_j, by x_j: y_j·Σ_k y_k·(g_j − g_k) */
const softmaxRow: RowFunction = (algebra, row, upstream) => {
  const distribution = new Distribution(algebra, row);
  if (distribution.invalid) return { value: row.map(() => NAN), gradient: row.map(() => NAN) };
  const y = row.map((_, j) => distribution.probability(j));
  const mean = algebra.sum(y.map((p, k) => algebra.multiply(p, upstream[k] ?? NAN)));
  const gradient = y.map((p, j) => algebra.multiply(p, algebra.subtract(upstream[j] ?? NAN, mean)));
  return { value: y, gradient };
};

/** log p_j, by x_j: g_j − p_j·Σ g */
const logSoftmaxRow: RowFunction = (algebra, row, upstream) => {
  const distribution = new Distribution(algebra, row);
  if (distribution.invalid) return { value: row.map(() => NAN), gradient: row.map(() => NAN) };
  const total = algebra.sum(upstream);
  return {
    value: row.map((_, j) => algebra.negate(distribution.surprise(j))),
    gradient: row.map((_, j) =>
      algebra.subtract(upstream[j] ?? NAN, algebra.multiply(distribution.probability(j), total)),
    ),
  };
};

/** log Σ exp x_j, by x_j: g·p_j. Where there is no distribution: the largest logit, and a slope of NaN at the infinities. */
const logSumExpRow: RowFunction = (algebra, row, upstream) => {
  const distribution = new Distribution(algebra, row);
  const arriving = upstream[0] ?? NAN;
  if (!distribution.invalid) {
    const gradient = row.map((_, j) => algebra.multiply(arriving, distribution.probability(j)));
    return { value: [distribution.logSumExp()], gradient };
  }
  if (row.some(({ value }) => Number.isNaN(value))) return { value: [NAN], gradient: row.map(() => NAN) };
  const top = distribution.max;
  return { value: [top], gradient: row.map(({ value }) => (value === top.value ? NAN : ZERO)) };
};

function along(evaluate: RowFunction, reduced: boolean): (algebra: Algebra, problem: Problem) => ExpectedOutputs {
  return (algebra, problem) => {
    const input = inputOf(problem, "input");
    const given = Number(problem.options["dim"] ?? -1);
    const dim = given < 0 ? given + Math.max(1, input.shape.length) : given;
    const { outer, classes, inner } = splitAt(input.shape, dim);
    const dtype = isFloat(input.dtype) ? input.dtype : "f32";
    const keep = problem.options["keepDim"] === true && input.shape.length > 0 ? [1] : [];
    const output = expectedZeros(dtype, reduced ? input.shape.toSpliced(dim, 1, ...keep) : input.shape, dim);
    const gradInput = expectedZeros(dtype, input.shape, dim);
    const upstream = problem.inputs["upstream"];
    for (let r = 0; r < outer * inner; r++) {
      const start = Math.floor(r / inner) * classes * inner + (r % inner);
      const indices = Array.from({ length: classes }, (_, c) => start + c * inner);
      const above = reduced ? [r] : indices;
      const { value, gradient } = evaluate(
        algebra,
        indices.map((i) => exact(input.values[i] ?? NaN)),
        above.map((i) => (upstream === undefined ? ONE : exact(upstream.values[i] ?? NaN))),
      );
      for (const [k, i] of above.entries()) put(output, i, value[k] ?? NAN);
      for (const [k, i] of indices.entries()) put(gradInput, i, gradient[k] ?? NAN);
    }
    return isFloat(input.dtype) ? { output, gradInput } : { output };
  };
}

export const softmax: (algebra: Algebra, problem: Problem) => ExpectedOutputs = along(softmaxRow, false);
export const logSoftmax: (algebra: Algebra, problem: Problem) => ExpectedOutputs = along(logSoftmaxRow, false);
export const logSumExp: (algebra: Algebra, problem: Problem) => ExpectedOutputs = along(logSumExpRow, true);
