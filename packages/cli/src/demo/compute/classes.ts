import { binaryCrossEntropy, crossEntropy, oneHot, softmax, tensor } from "@surprisal/core";
import { check, type Check, sumBound } from "../check.ts";

/** What one class contributes. */
export interface ClassTerms {
  /** 1 for the target class, else 0. */
  readonly y: number;
  readonly p: number;
  /** y log p. */
  readonly positive: number;
  /** (1 − y) log(1 − p). */
  readonly negative: number;
}

/** Several classes: the sum of their binary cross entropies, and the categorical cross entropy. */
export interface ClassesSection {
  readonly kind: "classes";
  readonly logits: readonly number[];
  readonly target: number;
  readonly classes: readonly ClassTerms[];
  readonly binary: { readonly byFormula: number; readonly builtIn: number };
  readonly categorical: { readonly byFormula: number; readonly builtIn: number };
  readonly checks: readonly Check[];
}

const LOGITS = [2, 1, 0.1];
const TARGET = 0;

/** Section 3. */
export async function computeClasses(): Promise<ClassesSection> {
  const logits = tensor(LOGITS, [1, 3], { dtype: "f64" });
  const target = tensor([TARGET], [1], { dtype: "i64" });
  const y = oneHot(target, { classes: 3, dtype: "f64" });
  const p = softmax(logits, { dim: 1 });
  const classes = termsOf(Array.from(y.view()), Array.from(await p.data(), Number));
  const positive = classes.map((each) => each.positive);
  const all = classes.flatMap((each) => [each.positive, each.negative]);
  const binary = { byFormula: -total(all), builtIn: await binaryCrossEntropy(p, y, { reduction: "sum" }).item() };
  const categorical = { byFormula: -total(positive), builtIn: await crossEntropy(logits, target).item() };
  const checks = [
    check("binary cross entropies of all classes", binary.byFormula, binary.builtIn, sumBound(all)),
    check("categorical cross entropy", categorical.byFormula, categorical.builtIn, sumBound(all)),
  ];
  return { kind: "classes", logits: LOGITS, target: TARGET, classes, binary, categorical, checks };
}

function termsOf(y: readonly number[], p: readonly number[]): ClassTerms[] {
  return y.map((yj, j) => {
    const pj = p[j] ?? NaN;
    return { y: yj, p: pj, positive: yj * Math.log(pj), negative: (1 - yj) * Math.log(1 - pj) };
  });
}

function total(terms: readonly number[]): number {
  return terms.reduce((sum, term) => sum + term, 0);
}
