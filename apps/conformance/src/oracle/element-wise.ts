import { type Input, inputOf, type Problem, sizeOf } from "../problem.ts";
import { type Algebra, type Approximate, exact, ONE, ZERO } from "./algebra.ts";
import { expectedFrom, type Expected, type ExpectedOutputs } from "./expected.ts";
import { lossDType } from "./cross-entropy.ts";
import { ulp } from "./rounding.ts";

/** A loss of two numbers, by the first of them too. `positive` is posWeight. */
export interface ElementLoss {
  readonly value: ElementFormula;
  readonly slope: ElementFormula;
}

type ElementFormula = (
  algebra: Algebra,
  a: number,
  b: number,
  more: { readonly positive: Approximate; readonly options: Problem["options"]; readonly strict: boolean },
) => Approximate;

/** log(1 + eˣ), and its derivative 1/(1 + e⁻ˣ). */
function softplus(algebra: Algebra, x: number): Approximate {
  if (Number.isNaN(x)) return exact(NaN);
  const small = algebra.log1p(algebra.exp(exact(-Math.abs(x))));
  return algebra.add(exact(Math.max(x, 0)), small);
}

/** 1/(1 + e⁻ˣ) */
function logistic(algebra: Algebra, x: number): Approximate {
  if (Number.isNaN(x)) return exact(NaN);
  const e = algebra.exp(exact(-Math.abs(x)));
  return algebra.divide(x >= 0 ? ONE : e, algebra.add(ONE, e));
}

/** 0·∞ = 0: a part of the target that is not there contributes nothing. PyTorch multiplies. */
function times(algebra: Algebra, mass: Approximate, term: Approximate, strict = false): Approximate {
  return mass.value === 0 && !strict && !Number.isNaN(term.value) ? ZERO : algebra.multiply(mass, term);
}

const complement = (algebra: Algebra, y: number): Approximate => algebra.subtract(ONE, exact(y));

/** v·y·log(1 + e⁻ˣ) + (1 − y)·log(1 + eˣ) */
export const binaryLogits: ElementLoss = {
  value: (algebra, x, y, { positive, strict }) => {
    const mass = algebra.multiply(positive, exact(y));
    if (strict && x === -Infinity) return exact(NaN); // PyTorch's exp(−x − max(−x, 0)) is exp(∞ − ∞)
    if (strict && !Number.isFinite(x)) {
      const factor = 1 + (positive.value - 1) * y; // as PyTorch writes it: (1 − y)·x + (1 + (v − 1)·y)·(…)
      return exact((1 - y) * x + factor * (Math.log1p(Math.exp(-Math.abs(x))) + Math.max(-x, 0)));
    }
    const miss = times(algebra, mass, softplus(algebra, -x));
    return algebra.add(miss, times(algebra, complement(algebra, y), softplus(algebra, x)));
  },
  slope: (algebra, x, y, { positive }) =>
    algebra.subtract(
      algebra.multiply(complement(algebra, y), logistic(algebra, x)),
      algebra.multiply(algebra.multiply(positive, exact(y)), logistic(algebra, -x)),
    ),
};

/** The same without v, where PyTorch multiplies the two log-sigmoids by y and 1 − y. */
export const softMargin: ElementLoss = {
  value: (algebra, x, y, { strict }) =>
    algebra.add(
      times(algebra, exact(y), softplus(algebra, -x), strict),
      times(algebra, complement(algebra, y), softplus(algebra, x), strict),
    ),
  slope: (algebra, x, y, more) => binaryLogits.slope(algebra, x, y, { ...more, positive: ONE }),
};

const CLAMP = -100; // binary_cross_entropy clamps its logarithms
const SLOPE_CLAMP = Math.fround(1e-12); // and p·(1 − p) in its gradient, an f32 constant also in f64

/** −y·max(log p, −100) − (1 − y)·max(log(1 − p), −100) */
export const binaryProbabilities: ElementLoss = {
  value: (algebra, p, y) => {
    const clamped = (log: Approximate): Approximate => (log.value < CLAMP ? exact(CLAMP) : log);
    const hit = algebra.multiply(exact(y), clamped(algebra.log(exact(p))));
    const miss = algebra.multiply(complement(algebra, y), clamped(algebra.log1p(exact(-p))));
    return algebra.negate(algebra.add(hit, miss));
  },
  slope: (algebra, p, y) => {
    const spread = algebra.multiply(exact(p), algebra.subtract(ONE, exact(p)));
    const below = spread.value < SLOPE_CLAMP ? exact(SLOPE_CLAMP) : spread;
    return algebra.divide(algebra.subtract(exact(p), exact(y)), below);
  },
};

/** α_t·(1 − p_t)^γ·bce, as torchvision's sigmoid_focal_loss. */
export const focalLogits: ElementLoss = {
  value: (algebra, x, y, more) => {
    const { share, miss, loss } = focalParts(algebra, x, y, more);
    return algebra.multiply(share, times(algebra, algebra.power(miss, Number(more.options["gamma"] ?? 2)), loss));
  },
  slope: (algebra, x, y, more) => {
    const gamma = Number(more.options["gamma"] ?? 2);
    const { share, miss, loss } = focalParts(algebra, x, y, more);
    const direct = algebra.multiply(
      algebra.power(miss, gamma),
      binaryLogits.slope(algebra, x, y, { ...more, positive: ONE }),
    );
    // (1 − p_t) by x: (1 − 2y)·σ(x)·σ(−x)
    const bend = algebra.multiply(algebra.multiply(exact(1 - 2 * y), logistic(algebra, x)), logistic(algebra, -x));
    if (gamma === 0 || bend.value === 0) return algebra.multiply(share, direct);
    const steep = algebra.multiply(exact(gamma), algebra.power(miss, gamma - 1));
    return algebra.multiply(share, algebra.add(direct, algebra.multiply(algebra.multiply(steep, bend), loss)));
  },
};

function focalParts(
  algebra: Algebra,
  x: number,
  y: number,
  more: Parameters<ElementFormula>[3],
): { readonly share: Approximate; readonly miss: Approximate; readonly loss: Approximate } {
  const alpha = Number(more.options["alpha"] ?? 0.25);
  const balanced = algebra.add(
    algebra.multiply(exact(alpha), exact(y)),
    algebra.multiply(algebra.subtract(ONE, exact(alpha)), complement(algebra, y)),
  );
  const miss = algebra.add(
    algebra.multiply(exact(y), logistic(algebra, -x)),
    algebra.multiply(complement(algebra, y), logistic(algebra, x)),
  );
  return {
    share: alpha < 0 ? ONE : balanced,
    miss,
    loss: binaryLogits.value(algebra, x, y, { ...more, positive: ONE, strict: false }),
  };
}

/** p·(log p − logQ), with a = logQ; with logTarget, e^t·(t − logQ). */
export const divergence: ElementLoss = {
  value: (algebra, logQ, p, { options, strict }) => {
    if (options["logTarget"] === true) {
      if (p === -Infinity && !strict && !Number.isNaN(logQ)) return ZERO;
      return algebra.multiply(algebra.exp(exact(p)), algebra.subtract(exact(p), exact(logQ)));
    }
    if (p < 0 || Number.isNaN(p)) return exact(NaN);
    const own = p === 0 ? ZERO : algebra.multiply(exact(p), algebra.log(exact(p)));
    return algebra.subtract(own, times(algebra, exact(p), exact(logQ), strict));
  },
  slope: (algebra, _logQ, p, { options }) =>
    algebra.negate(options["logTarget"] === true ? algebra.exp(exact(p)) : exact(p)),
};

/** An element-wise loss of `input` and `target`, weighted and reduced. `over` dims are averaged before the reduction. */
export function elementWise(
  { value, slope }: ElementLoss,
  over: "elements" | "last-dim" = "elements",
): (algebra: Algebra, problem: Problem) => ExpectedOutputs {
  return (algebra, problem) => {
    const input = inputOf(problem, "input");
    const target = inputOf(problem, "target");
    const shape = broadcastShape(input.shape, target.shape);
    const elements = broadcast(input, shape);
    const targets = broadcast(target, shape);
    const weights = factors(problem.inputs["weight"], shape);
    const positives = factors(problem.inputs["posWeight"], shape);
    const strict = problem.options["compat"] === "torch";
    const classes = over === "last-dim" ? (shape.at(-1) ?? 1) : 1;
    const resultShape = over === "last-dim" ? shape.slice(0, -1) : shape;
    const of = (formula: ElementFormula, i: number): Approximate => {
      const more = { positive: positives(i), options: problem.options, strict };
      const unweighted = formula(algebra, elements[i] ?? NaN, targets[i] ?? NaN, more);
      return algebra.divide(times(algebra, weights(i), unweighted, true), exact(classes));
    };
    const grouped = Array.from({ length: sizeOf(resultShape) }, (_, r) =>
      algebra.sum(Array.from({ length: classes }, (_unused, c) => of(value, r * classes + c))),
    );
    const dtype = lossDTypeOf(problem);
    const divisor = divisorOf(problem, resultShape);
    const loss = reduceElements(algebra, grouped, {
      reduction: problem.options["reduction"],
      divisor,
      dtype,
      resultShape,
    });
    const arriving = factors(problem.inputs["upstream"], resultShape);
    // An element that was stretched collects what all its copies get, and those are stored first.
    const stretched = input.values.length !== elements.length;
    const shares = Array.from(input.values, (): Approximate[] => []);
    for (let i = 0; i < elements.length; i++) {
      const above = algebra.divide(arriving(Math.floor(i / classes)), exact(divisor));
      const share = algebra.multiply(above, of(slope, i));
      shares[sourceIndex(i, shape, input.shape)]?.push(
        stretched ? stored(share, lossDType(problem, ["input"])) : share,
      );
    }
    const sums = shares.map((parts) => algebra.sum(parts));
    const gradInput = expectedFrom(input.dtype, input.shape, (i) => sums[i] ?? ZERO, input.shape.length - 1);
    return { loss, lossAlone: loss, gradInput };
  };
}

/** A number that is rounded to a dtype on the way. */
function stored({ value, error }: Approximate, dtype: Expected["dtype"]): Approximate {
  return { value, error: error + ulp(dtype, value) / 2 };
}

/** Numbers under a reduction. */
export function reduceElements(
  algebra: Algebra,
  numbers: readonly Approximate[],
  {
    reduction,
    divisor,
    dtype,
    resultShape,
  }: {
    readonly reduction: unknown;
    readonly divisor: number;
    readonly dtype: Expected["dtype"];
    readonly resultShape: readonly number[];
  },
): Expected {
  if (reduction === "none") return expectedFrom(dtype, resultShape, (i) => numbers[i] ?? exact(NaN));
  const total = algebra.sum(numbers);
  return expectedFrom(dtype, [], () => algebra.divide(total, exact(divisor)));
}

/** What the total is divided by: elements for a mean, the first size for a batchmean. */
function divisorOf({ options, inputs }: Problem, resultShape: readonly number[]): number {
  if (options["reduction"] === "mean") return sizeOf(resultShape);
  return options["reduction"] === "batchmean" ? (inputs["input"]?.shape[0] ?? 1) : 1;
}

function lossDTypeOf(problem: Problem): Expected["dtype"] {
  const { inputs, options } = problem;
  const dtype = inputs["input"]?.dtype;
  const half = dtype === "bf16" || dtype === "f16";
  if (options["compat"] === "torch" && half && inputs["target"]?.dtype === dtype) return dtype;
  return lossDType(problem, ["input", "target"]);
}

/** Sizes of 1 stretch, counted from the last dim. */
function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, d) => {
    const [m = 1, n = 1] = [a[d - rank + a.length], b[d - rank + b.length]];
    return m === 1 ? n : m;
  });
}

function broadcast({ shape, values }: Input, to: readonly number[]): Float64Array {
  return Float64Array.from({ length: sizeOf(to) }, (_, i) => values[sourceIndex(i, to, shape)] ?? NaN);
}

function factors(input: Input | undefined, to: readonly number[]): (index: number) => Approximate {
  if (input === undefined) return () => ONE;
  if (input.values.length === 1) return () => exact(input.values[0] ?? NaN);
  return (index) => exact(input.values[sourceIndex(index, to, input.shape)] ?? NaN);
}

/** Where an element of the stretched shape comes from. */
function sourceIndex(index: number, to: readonly number[], from: readonly number[]): number {
  let rest = index;
  let source = 0;
  let step = 1;
  for (let d = to.length - 1; d >= 0; d--) {
    const size = to[d] ?? 1;
    const own = from[d - to.length + from.length] ?? 1;
    if (own !== 1) source += (rest % size) * step;
    rest = Math.floor(rest / size);
    step *= own;
  }
  return source;
}
