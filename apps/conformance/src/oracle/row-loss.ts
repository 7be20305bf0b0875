import { type Algebra, type Approximate, exact, ONE, ZERO } from "./algebra.ts";
import { Distribution } from "./distribution.ts";
import { roundTo } from "./rounding.ts";

// One row of cross entropy and what comes of the same formula, from the definitions of docs/semantics.md: with −log p_j the
// surprise of class j and q_j its target mass, loss = Σ q_j·(−log p_j) and ∂loss/∂x_j = p_j·Σ_{k≠j} q_k − q_j·(1 − p_j).

/** The options of a loss over rows. */
export interface RowOptions {
  readonly hot: Approximate;
  readonly base: Approximate;
  /** One per class. */
  readonly weight: readonly Approximate[] | undefined;
  readonly logitScale: number;
  readonly softcap: number;
  readonly zLoss: number;
  readonly gamma: number;
  /** Inputs are log-probabilities. */
  readonly normalized: boolean;
  /** PyTorch's answers in the declared corners. */
  readonly strict: boolean;
  /** Strict results overflow on the way as f32 does. */
  readonly narrow: boolean;
}

/** One row's target: a class, or a mass per class. */
export type RowTarget = { readonly label: number } | { readonly masses: readonly Approximate[] };

/** A row's loss, divided by nothing and weighted by nothing, and its slopes. */
export interface RowLoss {
  readonly loss: Approximate;
  /** The parts of the loss by hot and by smoothed mass, which PyTorch divides one by one. */
  readonly parts: readonly [Approximate, Approximate];
  /** By the logits. */
  readonly slopes: readonly Approximate[];
  /** By the target's probabilities. */
  readonly targetSlopes: readonly Approximate[] | undefined;
  /** Target mass per class. */
  readonly masses: readonly Approximate[];
  /** Whether every class has some of it, as far as weights go. */
  readonly smoothed: boolean;
  readonly distribution: Distribution | undefined;
}

/** What follows from a distribution. */
type Evaluated = Omit<RowLoss, "distribution">;

const NOT_A_NUMBER: Approximate = exact(NaN);

/** Evaluates one row. */
export function rowLoss(
  algebra: Algebra,
  raw: readonly Approximate[],
  target: RowTarget,
  options: RowOptions,
): RowLoss {
  if (options.normalized) return likelihood(algebra, raw, target, options);
  const { logits, chain } = transform(algebra, raw, options);
  const distribution = new Distribution(algebra, logits);
  const result = formula(algebra, distribution, logits.length, target, options);
  return { ...result, slopes: result.slopes.map((slope, j) => algebra.multiply(slope, chain[j] ?? ONE)), distribution };
}

/** `x ← c·tanh(a·x/c)` and its derivative. */
function transform(
  algebra: Algebra,
  raw: readonly Approximate[],
  { logitScale, softcap }: RowOptions,
): { readonly logits: readonly Approximate[]; readonly chain: readonly Approximate[] } {
  const scaled = raw.map((x) => algebra.multiply(x, exact(logitScale)));
  if (softcap === 0) return { logits: scaled, chain: raw.map(() => exact(logitScale)) };
  const bent = scaled.map((x) => algebra.tanh(algebra.divide(x, exact(softcap))));
  return {
    logits: bent.map((t) => algebra.multiply(t, exact(softcap))),
    chain: bent.map((t) => algebra.multiply(algebra.subtract(ONE, algebra.multiply(t, t)), exact(logitScale))),
  };
}

/** The negative log-likelihood of log-probabilities as they come. */
function likelihood(
  algebra: Algebra,
  logProbabilities: readonly Approximate[],
  target: RowTarget,
  options: RowOptions,
): RowLoss {
  const label = "label" in target ? target.label : -1;
  const weight = weightOf(options, label);
  const loss = product(algebra, weight, algebra.negate(logProbabilities[label] ?? ZERO), options.strict);
  const slopes = logProbabilities.map((_, j) => (j === label ? algebra.negate(weight) : ZERO));
  return {
    loss,
    parts: [loss, ZERO],
    slopes,
    targetSlopes: undefined,
    masses: [],
    smoothed: false,
    distribution: undefined,
  };
}

function formula(
  algebra: Algebra,
  distribution: Distribution,
  classes: number,
  target: RowTarget,
  options: RowOptions,
): Evaluated {
  const { hot, base, strict } = options;
  const label = "label" in target ? target.label : -1;
  const smoothed = base.value !== 0;
  const every = Array.from({ length: classes }, (_, j) => j);
  const share = (j: number): Approximate => (smoothed ? algebra.multiply(base, weightOf(options, j)) : ZERO);
  const own = (j: number): Approximate => {
    if ("masses" in target)
      return algebra.multiply(algebra.multiply(hot, target.masses[j] ?? ZERO), weightOf(options, j));
    return j === label ? algebra.multiply(hot, weightOf(options, j)) : ZERO;
  };
  const masses = every.map((j) => (smoothed ? algebra.add(own(j), share(j)) : own(j)));
  if (distribution.invalid && classes > 0) {
    const slopes = every.map(() => NOT_A_NUMBER);
    return { loss: NOT_A_NUMBER, parts: [NOT_A_NUMBER, NOT_A_NUMBER], slopes, targetSlopes: slopes, masses, smoothed };
  }
  const surprises = every.map((j) => limited(distribution.surprise(j), options));
  const contribution = (mass: Approximate, j: number): Approximate =>
    product(algebra, mass, surprises[j] ?? ZERO, strict);
  const dense = "masses" in target;
  // PyTorch looks at the label alone unless it smooths, and at every class of a distribution.
  const hotPart = dense ? algebra.sum(masses.map(contribution)) : label < 0 ? ZERO : contribution(own(label), label);
  const basePart = dense || !smoothed ? ZERO : algebra.sum(every.map((j) => contribution(share(j), j)));
  const plain: Evaluated = {
    loss: algebra.add(hotPart, basePart),
    parts: [hotPart, basePart],
    slopes: slopesOf(algebra, distribution, masses),
    targetSlopes: dense ? every.map((j) => contribution(algebra.multiply(hot, weightOf(options, j)), j)) : undefined,
    masses,
    smoothed,
  };
  const focused = options.gamma === 0 ? plain : focus(algebra, distribution, label, plain, options);
  return options.zLoss === 0 ? focused : withZLoss(algebra, distribution, focused, options.zLoss);
}

function slopesOf(algebra: Algebra, distribution: Distribution, masses: readonly Approximate[]): Approximate[] {
  const total = algebra.sum(masses.filter(({ value }) => value !== 0));
  return masses.map((mass, j) => {
    const away = algebra.multiply(distribution.probability(j), algebra.subtract(total, mass));
    return algebra.subtract(away, algebra.multiply(mass, distribution.others(j)));
  });
}

/** `mass·(1 − p)^γ·s` with s = −log p; by s that is `mass·(1 − p)^γ·(1 + γ·p·s/(1 − p))`, and s by x_j is p_j − [j = y]. */
function focus(
  algebra: Algebra,
  distribution: Distribution,
  label: number,
  plain: Evaluated,
  { gamma, strict }: RowOptions,
): Evaluated {
  const mass = plain.masses[label] ?? ZERO;
  const surprise = distribution.surprise(label);
  const miss = distribution.others(label);
  const factor = algebra.power(miss, gamma);
  const loss = product(algebra, mass, algebra.multiply(factor, surprise), strict);
  const odds = algebra.divide(algebra.multiply(distribution.probability(label), surprise), miss);
  const ratio = surprise.value === Infinity ? ZERO : miss.value === 0 ? ONE : odds;
  const pull = algebra.multiply(
    mass,
    algebra.multiply(factor, algebra.add(ONE, algebra.multiply(exact(gamma), ratio))),
  );
  const slopes = plain.slopes.map((_, j) =>
    algebra.multiply(pull, j === label ? algebra.negate(miss) : distribution.probability(j)),
  );
  return { ...plain, loss, parts: [loss, ZERO], slopes };
}

/** λ·(log Σ exp x)², by x_j: 2λ·(log Σ exp x)·p_j. */
function withZLoss(algebra: Algebra, distribution: Distribution, plain: Evaluated, zLoss: number): Evaluated {
  const level = distribution.logSumExp();
  const extra = algebra.multiply(exact(zLoss), algebra.multiply(level, level));
  const pull = algebra.multiply(exact(2 * zLoss), level);
  return {
    ...plain,
    loss: algebra.add(plain.loss, extra),
    slopes: plain.slopes.map((slope, j) => algebra.add(slope, algebra.multiply(pull, distribution.probability(j)))),
  };
}

/** The weight of a class, 1 where there are none. */
export function weightOf({ weight }: RowOptions, j: number): Approximate {
  return weight === undefined ? ONE : (weight[j] ?? ZERO);
}

/** mass · (−log p), where no mass means no contribution: 0·∞ = 0. PyTorch multiplies. */
function product(algebra: Algebra, mass: Approximate, surprise: Approximate, strict: boolean): Approximate {
  if (mass.value === 0 && mass.error === 0 && !strict && !Number.isNaN(surprise.value)) return ZERO;
  return algebra.multiply(mass, surprise);
}

/** As far as PyTorch's f32 reaches, in strict results. */
function limited(surprise: Approximate, { strict, narrow }: RowOptions): Approximate {
  if (!strict || !narrow || Number.isFinite(roundTo("f32", surprise.value))) return surprise;
  return exact(roundTo("f32", surprise.value));
}
