import { jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { geometryOf } from "../cases.ts";
import type { CaseData, Kind, Pass } from "../contestant.ts";
import { floats, integers } from "../contestants/inputs.ts";
import { meanShape } from "./mean.ts";

// jax-js owns by counting: a function uses up its arguments, `.ref` keeps one for later. Of compiled (`jit`) and not
// compiled forms each is the faster one. A forward pass takes the target's logit by `takeAlongAxis`. In a compiled
// gradient that cannot be (its scatter has no kernel there), so every class is compared with the target, which costs as
// much as the rest once classes are many; there the gradient is not compiled.

/** An array of jax-js. */
export type Array = np.Array;

/** A pass's outputs. */
export type Outputs = Readonly<Record<string, Array>>;

/** A case with its inputs in the backend. */
export interface Forms {
  readonly inputs: readonly Array[];
  /** Uses nothing up. */
  compute(pass: Pass): Outputs;
  /** Frees what is compiled. */
  dispose(): void;
}

/** Brings a case's inputs into the backend. */
export function formsOf(data: CaseData): Forms {
  return PREPARE[data.benchCase.kind](data);
}

const PREPARE: Readonly<Record<Kind, (data: CaseData) => Forms>> = {
  "cross-entropy": (data) =>
    data.benchCase.target === "indices" ? crossEntropyOfIndices(data) : crossEntropyOfProbabilities(data),
  binary,
  softmax,
  linear,
};

/** Classes from which on comparing each with the target is slower than a gradient that is not compiled. */
const MANY_CLASSES = 256;

type Loss = (logits: Array, target: Array) => Array;
type LossAndGradient = (logits: Array, target: Array) => [Array, Array];

function crossEntropyOfIndices(data: CaseData): Forms {
  const { outer, classes, inner } = geometryOf(data.benchCase);
  const logits = floatArray(data, "logits", [outer, classes, inner]);
  const target = np.array(integers(data, "target").slice()).reshape([outer, 1, inner]);
  const eager: LossAndGradient = (x, labels) => valueAndGrad(taken)(x, labels);
  return lossForms(logits, target, taken, classes < MANY_CLASSES ? jit(gradientOf(compared)) : eager);
}

function taken(logits: Array, target: Array): Array {
  const picked = np.takeAlongAxis(logits.ref, target, 1);
  return mean(nn.logsumexp(logits, 1, { keepdims: true }).sub(picked));
}

function compared(logits: Array, target: Array): Array {
  const labels = np
    .arange(logits.shape[1] ?? 1)
    .astype(np.int32)
    .reshape([1, -1, 1]);
  const picked = np.sum(np.where(labels.equal(target), logits.ref, 0), 1);
  return mean(nn.logsumexp(logits, 1).sub(picked));
}

function crossEntropyOfProbabilities(data: CaseData): Forms {
  const { outer, classes, inner } = geometryOf(data.benchCase);
  const shape = [outer, classes, inner];
  return lossForms(floatArray(data, "logits", shape), floatArray(data, "target", shape), (logits, target) => {
    const weighted = np.sum(target.ref.mul(logits.ref), 1);
    return mean(np.sum(target, 1).mul(nn.logsumexp(logits, 1)).sub(weighted));
  });
}

function binary(data: CaseData): Forms {
  const { shape } = data.benchCase;
  return lossForms(floatArray(data, "logits", shape), floatArray(data, "target", shape), (logits, target) => {
    return mean(nn.softplus(logits.ref).sub(logits.mul(target)));
  });
}

function softmax(data: CaseData): Forms {
  const { shape } = data.benchCase;
  const input = floatArray(data, "input", shape);
  const upstream = floatArray(data, "upstream", shape);
  return {
    inputs: [input, upstream],
    compute(pass) {
      const output = nn.softmax(input.ref, -1);
      if (pass === "forward") return { output };
      const dots = np.sum(output.ref.mul(upstream.ref), -1, { keepdims: true });
      return { output: output.ref, gradInput: output.mul(upstream.ref.sub(dots)) };
    },
    dispose: () => undefined,
  };
}

function linear(data: CaseData): Forms {
  const { shape, weightShape = [] } = data.benchCase;
  const hidden = floatArray(data, "hidden", shape);
  const weight = floatArray(data, "weight", weightShape);
  const target = np.array(integers(data, "target").slice()).reshape([-1, 1]);
  const loss = (h: Array, w: Array, labels: Array): Array => taken(np.matmul(h, w.transpose()), labels);
  const forward = jit(loss);
  const gradient = valueAndGrad(loss, { argnums: [0, 1] });
  return {
    inputs: [hidden, weight, target],
    compute(pass) {
      if (pass === "forward") return { loss: forward(hidden.ref, weight.ref, target.ref) };
      const [value, [gradHidden, gradWeight]] = gradient(hidden.ref, weight.ref, target.ref);
      return { loss: value, gradHidden, gradWeight };
    },
    dispose: () => forward.dispose(),
  };
}

function lossForms(logits: Array, target: Array, loss: Loss, gradient?: LossAndGradient): Forms {
  const forward = jit(loss);
  const both = gradient ?? jit(gradientOf(loss));
  return {
    inputs: [logits, target],
    compute(pass) {
      if (pass === "forward") return { loss: forward(logits.ref, target.ref) };
      const [value, gradLogits] = both(logits.ref, target.ref);
      return { loss: value, gradLogits };
    },
    dispose: () => forward.dispose(),
  };
}

/** With the target as a constant: an integer has no gradient to compile. */
function gradientOf(loss: Loss): LossAndGradient {
  return (logits, target) => valueAndGrad((x: Array) => loss(x, target))(logits);
}

function floatArray(data: CaseData, name: string, shape: readonly number[]): Array {
  return np.array(floats(data, name).slice()).reshape([...shape]);
}

function mean(values: Array): Array {
  const [rows, columns] = meanShape(values.size);
  if (rows === 1) return np.mean(values);
  return np.mean(np.mean(values.reshape([rows, columns]), 1));
}
