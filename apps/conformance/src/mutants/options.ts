import { elementsOf } from "./elements.ts";
import {
  type Mutant,
  planned,
  plannedLinear,
  plannedLoss,
  plannedPointwise,
  running,
  touchedGradient,
  upstreamOf,
  wrongGradient,
} from "./mutant.ts";

/** Numbers of a plan that a backend ignores, or takes for something else. */
export const OPTIONS: readonly Mutant[] = [
  {
    name: "class weights ignored",
    address: "cross-entropy/index/mean:shape=7x5;weight=ramp",
    stages: ["interval"],
    mutate: plannedLoss(() => ({ weight: undefined })),
  },
  {
    name: "class weights ignored in the divisor",
    address: "cross-entropy/index/mean:shape=7x5;weight=ramp",
    stages: ["interval"],
    mutate: planned((plan) => (plan.kind === "target-mass" ? { ...plan, weight: undefined } : plan)),
  },
  {
    name: "a mean divided by the number of rows",
    address: "cross-entropy/index/mean:shape=7x5;weight=ramp",
    stages: ["interval"],
    mutate: plannedLoss(({ divisor, rows }) => ({
      divisor: typeof divisor === "number" ? divisor : rows.outer * rows.inner,
    })),
  },
  {
    name: "smoothing spread by the size of a wrong dim",
    address: "cross-entropy/index/mean:shape=2x5x3;ignore=some;smoothing=0.1",
    stages: ["interval"],
    mutate: plannedLoss(({ base, rows }) => ({ base: (base * rows.classes) / rows.inner })),
  },
  {
    name: "smoothing ignored",
    address: "cross-entropy/index/mean:shape=2x5x3;ignore=some;smoothing=0.1",
    stages: ["interval"],
    mutate: plannedLoss(() => ({ base: 0 })),
  },
  {
    name: "an ignored row counted in the divisor",
    address: "cross-entropy/index/mean:shape=2x5x3;ignore=some",
    stages: ["interval"],
    mutate: running((plan, inner) => {
      inner.run([plan]);
      if (plan.kind !== "target-mass" || plan.target.kind !== "index") return;
      const { operand, ignoreIndex } = plan.target;
      let ignored = 0;
      elementsOf(inner, operand, { ...plan.rows, classes: 1 }).map((label) => {
        ignored += Number(label === ignoreIndex);
        return label;
      });
      const { bytes, byteOffset } = inner.view(plan.mass.buffer);
      const mass = new Float64Array(bytes, byteOffset, 1); // the cpu's layout: mass, rows kept
      mass[0] = (mass[0] ?? NaN) + ignored;
    }),
  },
  {
    name: "row weights ignored in the divisor",
    address: "cross-entropy/index/mean:shape=7x5;rowWeight=some-zero",
    stages: ["interval"],
    mutate: planned((plan) => (plan.kind === "target-mass" ? { ...plan, rowWeight: undefined } : plan)),
  },
  {
    name: "row weights ignored in the loss",
    address: "cross-entropy/index/mean:shape=7x5;rowWeight=some-zero",
    stages: ["interval"],
    mutate: plannedLoss(() => ({ rowWeight: undefined })),
  },
  {
    name: "z-loss ignored",
    address: "cross-entropy/index/mean:shape=7x5;zLoss=0.001",
    stages: ["interval"],
    mutate: plannedLoss(() => ({ zLoss: 0 })),
  },
  {
    name: "z-loss in the loss and not in the gradient",
    address: "cross-entropy/index/mean:shape=7x5;zLoss=0.001",
    stages: ["interval"],
    mutate: wrongGradient(() => ({ zLoss: 0 })),
  },
  {
    name: "a softcap without its factor in the gradient",
    address: "cross-entropy/index/mean:shape=7x5;rowWeight=some-zero;softcap=3",
    stages: ["interval"],
    mutate: touchedGradient((gradient, { logits, rows, logitScale, softcap }, inner) => {
      const input = elementsOf(inner, logits, rows);
      gradient.map((value, { outer, c, inner: position }) => {
        const bent = Math.tanh((logitScale * input.get(outer, c, position)) / softcap);
        return value / (1 - bent * bent);
      });
    }),
  },
  {
    name: "the logits' scale ignored in the gradient",
    address: "cross-entropy/index/mean:shape=7x5;rowWeight=some-zero;scale=-2",
    stages: ["interval"],
    mutate: touchedGradient((gradient, { logitScale }) => gradient.map((value) => value / logitScale)),
  },
  {
    name: "upstream ignored",
    address: "cross-entropy/index/none:shape=3x5x4;upstream=given;into=logits",
    stages: ["interval"],
    mutate: plannedLoss(() => ({ upstream: 1 })),
  },
  {
    name: "upstream of the first row taken for all",
    address: "cross-entropy/index/none:shape=3x5x4;upstream=given;into=logits",
    stages: ["interval"],
    mutate: plannedLoss(({ upstream }) => ({
      upstream: typeof upstream === "number" ? upstream : { ...upstream, strides: [0, 0, 0] },
    })),
  },
  {
    name: "upstream applied twice",
    address: "cross-entropy/index/none:shape=3x5x4;upstream=given;into=logits",
    stages: ["interval"],
    mutate: touchedGradient((gradient, plan, inner) =>
      gradient.map((value, place) => value * upstreamOf(inner, plan, place.outer, place.inner)),
    ),
  },
  {
    name: "a gradient's sign flipped",
    address: "cross-entropy/index/mean:shape=7x5;ignore=some",
    stages: ["interval"],
    mutate: touchedGradient((gradient) => gradient.map((value) => -value)),
  },
  {
    name: "a gradient divided by the number of all rows, the loss by that of the kept",
    address: "cross-entropy/index/mean:shape=7x5;ignore=some",
    stages: ["interval"],
    mutate: wrongGradient(({ rows }) => ({ divisor: rows.outer * rows.inner })),
  },
  {
    name: "the mean over no row 0 instead of NaN",
    address: "cross-entropy/index/mean:ignore=all",
    stages: ["class"],
    mutate: plannedLoss(() => ({ empty: 0 })),
  },
  {
    name: "PyTorch's answers in the declared corners where they were not asked for",
    address: "torch/cross-entropy/edge/minus-inf-at-target/",
    stages: ["class"],
    mutate: plannedLoss(() => ({ strict: true })),
  },
  {
    name: "compat ignored",
    address: "torch/cross-entropy/edge/minus-inf-at-target/*compat=torch",
    stages: ["class"],
    mutate: plannedLoss(() => ({ strict: false })),
  },
  {
    name: "log-probabilities taken for logits",
    address: "nll-loss/mean:shape=7x5;weight=ramp",
    stages: ["interval"],
    mutate: plannedLoss(() => ({ normalized: false })),
  },
  {
    name: "gamma of a focal loss ignored in the gradient",
    address: "focal-loss/mean:dtype=f64;alpha=0.25",
    stages: ["interval"],
    mutate: wrongGradient(() => ({ focalGamma: 0 })),
  },
  {
    name: "the weight of positives taken for a weight of all",
    address: "binary-cross-entropy-with-logits/mean:weight=posWeight;upstream=given",
    stages: ["interval"],
    mutate: plannedPointwise(({ positiveWeight }) => ({ weight: positiveWeight, positiveWeight: undefined })),
  },
  {
    name: "logarithms of targets taken for targets",
    address: "kl-divergence/mean:dtype=f64;logTarget=true;upstream=given",
    stages: ["interval"],
    mutate: plannedPointwise(({ term }) => ({ term: term === "kl-log-target" ? "kl" : term })),
  },
  {
    name: "a bias left out",
    address: "linear-cross-entropy/mean:rank=3;dtype=f64;bias=given;upstream=given",
    stages: ["interval"],
    mutate: plannedLinear(() => ({ bias: undefined })),
  },
];
