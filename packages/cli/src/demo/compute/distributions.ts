import { distributionCrossEntropy, distributionKlDivergence, entropy, type Tensor, tensor } from "@surprisal/core";
import { check, type Check, sumBound } from "../check.ts";

/** A quantity by its formula, written out, and by the library. */
export interface Quantity {
  readonly symbol: string;
  readonly formula: string;
  readonly call: string;
  readonly byFormula: number;
  readonly nats: number;
  readonly bits: number;
}

/** Entropy, cross entropy and divergence of two distributions. */
export interface DistributionsSection {
  readonly kind: "distributions";
  readonly p: readonly number[];
  readonly q: readonly number[];
  readonly quantities: readonly Quantity[];
  readonly checks: readonly Check[];
}

const P = [0.5, 0.25, 0.25];
const Q = [0.25, 0.25, 0.5];

/** Section 1. */
export async function computeDistributions(): Promise<DistributionsSection> {
  const p = tensor(P, [3], { dtype: "f64" });
  const q = tensor(Q, [3], { dtype: "f64" });
  const h = -sumOf(P, (pj) => pj * Math.log(pj));
  const cross = -sumOf(P, (pj, j) => pj * Math.log(Q[j] ?? NaN));
  const quantities = [
    await quantity("H(p)", "−Σ p log p", "entropy(p)", h, (base) => entropy(p, { base })),
    await quantity("H(p, q)", "−Σ p log q", "distributionCrossEntropy(p, q)", cross, (base) =>
      distributionCrossEntropy(p, q, { base }),
    ),
    await quantity("KL(p‖q)", "H(p, q) − H(p)", "distributionKlDivergence(p, q)", cross - h, (base) =>
      distributionKlDivergence(p, q, { base }),
    ),
  ];
  const bound = sumBound([...P, ...P].map((pj) => pj * Math.log(pj)));
  const checks = quantities.flatMap(({ symbol, byFormula, nats, bits }) => [
    check(`${symbol} by its formula and by the library`, byFormula, nats, bound),
    check(`${symbol} in bits times log 2 and in nats`, bits * Math.LN2, nats, bound),
  ]);
  return { kind: "distributions", p: P, q: Q, quantities, checks };
}

async function quantity(
  symbol: string,
  formula: string,
  call: string,
  byFormula: number,
  compute: (base: "e" | 2) => Tensor,
): Promise<Quantity> {
  return { symbol, formula, call, byFormula, nats: await compute("e").item(), bits: await compute(2).item() };
}

function sumOf(values: readonly number[], term: (value: number, at: number) => number): number {
  return values.reduce((sum, value, at) => sum + term(value, at), 0);
}
