import { inputOf, type Problem } from "../problem.ts";
import { type Algebra, type Approximate, exact, ZERO } from "./algebra.ts";
import { evaluateRows, lossDType, logitGradients, type Logits, reducedLoss } from "./cross-entropy.ts";
import { expectedFrom, type ExpectedOutputs } from "./expected.ts";

/** crossEntropy of hidden·weightᵀ + bias; gradients grad·weight, gradᵀ·hidden, Σ grad. */
export function linearCrossEntropy(algebra: Algebra, problem: Problem): ExpectedOutputs {
  const hidden = inputOf(problem, "hidden");
  const weight = inputOf(problem, "weight");
  const bias = problem.inputs["bias"];
  const [classes = 0, features = 0] = weight.shape;
  const count = hidden.values.length / Math.max(1, features);
  const entry = ({ values }: { readonly values: Float64Array }, row: number, column: number): Approximate =>
    exact(values[row * features + column] ?? NaN);
  const rows = Array.from({ length: count }, (_, n) =>
    Array.from({ length: classes }, (_unused, v) => {
      const products = Array.from({ length: features }, (_also, d) =>
        algebra.multiply(entry(hidden, n, d), entry(weight, v, d)),
      );
      const logit = algebra.sum(products);
      return bias === undefined ? logit : algebra.add(logit, exact(bias.values[v] ?? NaN));
    }),
  );
  const rowShape = hidden.shape.slice(0, -1);
  const logits: Logits = {
    dtype: hidden.dtype,
    shape: [...rowShape, classes],
    dim: rowShape.length,
    split: { outer: count, classes, inner: 1 },
    row: (n) => rows[n] ?? [],
  };
  const evaluated = evaluateRows(algebra, problem, logits, { weight: "classWeight" });
  const loss = reducedLoss(algebra, problem, evaluated, rowShape, lossDType(problem, ["hidden"]));
  const gradients = logitGradients(algebra, problem, evaluated);
  const slope = (n: number, v: number): Approximate => {
    const row = gradients[n] ?? [];
    return row.length === 0 ? ZERO : (row[Math.min(v, row.length - 1)] ?? ZERO);
  };
  /** Rows that are left out are not looked at: 0 there is not multiplied by what the row holds. */
  const product = (n: number, v: number, other: Approximate): Approximate =>
    (gradients[n] ?? []).length === 0 ? ZERO : algebra.multiply(slope(n, v), other);
  const every = (length: number, term: (index: number) => Approximate): Approximate =>
    algebra.sum(Array.from({ length }, (_, index) => term(index)));
  const gradHidden = expectedFrom(hidden.dtype, hidden.shape, (i) => {
    const n = Math.floor(i / features);
    return every(classes, (v) => product(n, v, entry(weight, v, i % features)));
  });
  const gradWeight = expectedFrom(weight.dtype, weight.shape, (i) => {
    const v = Math.floor(i / features);
    return every(count, (n) => product(n, v, entry(hidden, n, i % features)));
  });
  const outputs = { loss, lossAlone: loss, gradHidden, gradWeight };
  if (bias === undefined) return outputs;
  const gradBias = expectedFrom(bias.dtype, bias.shape, (v) => every(count, (n) => slope(n, v)));
  return { ...outputs, gradBias };
}
