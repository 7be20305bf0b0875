import { inputOf, type Problem, splitAt } from "../problem.ts";
import { type Algebra, type Approximate, exact, ONE, ZERO } from "./algebra.ts";
import { lossDType } from "./cross-entropy.ts";
import { reduceElements } from "./element-wise.ts";
import type { ExpectedOutputs } from "./expected.ts";

// Sums of p·log over a dim, in nats or bits. A class with p = 0 contributes nothing.

type Term = (algebra: Algebra, p: number, q: number) => Approximate;

const surprise: Term = (algebra, p, q) => {
  if (p === 0 && !Number.isNaN(q)) return ZERO;
  return algebra.negate(algebra.multiply(exact(p), algebra.log(exact(q))));
};

function along(term: Term, second: "p" | "q"): (algebra: Algebra, problem: Problem) => ExpectedOutputs {
  return (algebra, problem) => {
    const p = inputOf(problem, "p");
    const q = inputOf(problem, second);
    const given = Number(problem.options["dim"] ?? -1);
    const dim = given < 0 ? given + Math.max(1, p.shape.length) : given;
    const { outer, classes, inner } = splitAt(p.shape, dim);
    const unit = problem.options["base"] === 2 ? algebra.log(exact(2)) : ONE;
    const sums = Array.from({ length: outer * inner }, (_, r) => {
      const start = Math.floor(r / inner) * classes * inner + (r % inner);
      const at = (c: number): number => start + c * inner;
      const terms = Array.from({ length: classes }, (_unused, c) =>
        term(algebra, p.values[at(c)] ?? NaN, q.values[at(c)] ?? NaN),
      );
      return algebra.divide(algebra.sum(terms), unit);
    });
    const { reduction = "mean" } = problem.options;
    const loss = reduceElements(algebra, sums, {
      reduction,
      divisor: reduction === "mean" ? sums.length : 1,
      dtype: lossDType(problem, ["p", "q"]),
      resultShape: p.shape.toSpliced(dim, 1),
    });
    return { loss };
  };
}

/** −Σ p·log p */
export const entropy: (algebra: Algebra, problem: Problem) => ExpectedOutputs = along(
  (algebra, p) => surprise(algebra, p, p),
  "p",
);
/** −Σ p·log q */
export const distributionCrossEntropy: (algebra: Algebra, problem: Problem) => ExpectedOutputs = along(surprise, "q");
/** Σ p·(log p − log q) */
export const distributionKlDivergence: (algebra: Algebra, problem: Problem) => ExpectedOutputs = along(
  (algebra, p, q) => algebra.subtract(surprise(algebra, p, q), surprise(algebra, p, p)),
  "q",
);
