import {
  abs,
  add,
  dispose,
  div,
  exp,
  gatherND,
  log,
  matMul,
  max,
  mean,
  mul,
  relu,
  reshape,
  scatterND,
  sigmoid,
  softmax,
  sub,
  sum,
  type Tensor,
  tensor,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { geometryOf, sizeOf } from "../cases.ts";
import type { CaseData, Kind, Pass } from "../contestant.ts";
import { floats, integers } from "../contestants/inputs.ts";
import { meanShape } from "./mean.ts";

// Gradients are composed: the package that registers TF.js's own gradients for Node is its whole union package, and
// composed they share the exponentials with the loss. The target's logit is gathered from the flat tensor, and what it
// takes off the gradient is scattered there: a one-hot tensor of the logits' size costs as much as the rest. `gatherND`
// is ten times as fast as `gather`, and `scatterND` as `tensorScatterUpdate`.

/** A pass's outputs. */
export type Outputs = Readonly<Record<string, Tensor>>;

/** A case with its inputs in the backend. */
export interface Forms {
  readonly inputs: readonly Tensor[];
  compute(pass: Pass): Outputs;
}

/** Brings a case's inputs into the backend. */
export function formsOf(data: CaseData): Forms {
  return PREPARE[data.benchCase.kind](data);
}

const PREPARE: Readonly<Record<Kind, (data: CaseData) => Forms>> = {
  "cross-entropy": (data) =>
    data.benchCase.target === "indices" ? crossEntropyOfIndices(data) : crossEntropyOfProbabilities(data),
  binary,
  softmax: softmaxOf,
  linear,
};

/** Position of each row's target in flat logits [rows, 1], and −1 / rows for each. */
export interface Targets {
  readonly positions: Tensor;
  readonly minus: Tensor;
}

/** Where each row's target lies, and what it takes off the gradient. */
export function targetsOf(data: CaseData): Targets {
  const { outer, classes, inner } = geometryOf(data.benchCase);
  const rows = outer * inner;
  const flat = integers(data, "target").map((label, row) => {
    return (Math.floor(row / inner) * classes + label) * inner + (row % inner);
  });
  return {
    positions: tensor(flat, [rows, 1], "int32"),
    minus: tensor(new Float32Array(rows).fill(-1 / rows), [rows]),
  };
}

/** The loss of logits whose classes are dim 1, and their gradient. */
function lossOf(logits: Tensor, { positions, minus }: Targets, pass: Pass): readonly [Tensor, Tensor?] {
  const rows = minus.size;
  const gaps = sub(logits, max(logits, 1, true));
  const picked = gatherND(reshape(gaps, [gaps.size]), positions);
  const exps = exp(gaps);
  dispose(gaps);
  const sums = sum(exps, 1, true);
  const loss = meanOf(sub(reshape(log(sums), [rows]), picked));
  if (pass === "forward") return [loss];
  const shares = mul(exps, div(1 / rows, sums));
  dispose(exps);
  const minuses = reshape(scatterND(positions as Parameters<typeof scatterND>[0], minus, [logits.size]), logits.shape);
  return [loss, add(shares, minuses)];
}

function crossEntropyOfIndices(data: CaseData): Forms {
  const { shape } = data.benchCase;
  const { outer, classes, inner } = geometryOf(data.benchCase);
  const logits = tensor(floats(data, "logits"), inner === 1 ? [outer, classes] : [outer, classes, inner]);
  const targets = targetsOf(data);
  return {
    inputs: [logits, targets.positions, targets.minus],
    compute(pass) {
      const [loss, gradient] = lossOf(logits, targets, pass);
      return gradient === undefined ? { loss } : { loss, gradLogits: reshape(gradient, [...shape]) };
    },
  };
}

/** Σ q (log Σ exp gap − gap) / rows. */
function crossEntropyOfProbabilities(data: CaseData): Forms {
  const { outer, classes, inner } = geometryOf(data.benchCase);
  const rows = outer * inner;
  const logits = tensor(floats(data, "logits"), [outer, classes, inner]);
  const target = tensor(floats(data, "target"), [outer, classes, inner]);
  return {
    inputs: [logits, target],
    compute(pass) {
      const gaps = sub(logits, max(logits, 1, true));
      const exps = exp(gaps);
      const sums = sum(exps, 1, true);
      const mass = sum(target, 1, true);
      const loss = sub(meanOf(mul(mass, log(sums))), mul(meanOf(mul(target, gaps)), classes));
      if (pass === "forward") return { loss };
      dispose(gaps);
      const shares = mul(exps, div(mass, mul(sums, rows)));
      dispose(exps);
      return { loss, gradLogits: sub(shares, mul(target, 1 / rows)) };
    },
  };
}

/** max(x, 0) − x y − log σ(|x|): of three forms the fastest. */
function binary(data: CaseData): Forms {
  const { shape } = data.benchCase;
  const logits = tensor(floats(data, "logits"), [...shape]);
  const target = tensor(floats(data, "target"), [...shape]);
  return {
    inputs: [logits, target],
    compute(pass) {
      const loss = tidy(() => {
        const linearPart = sub(relu(logits), mul(logits, target));
        return meanOf(sub(linearPart, log(sigmoid(abs(logits)))));
      });
      if (pass === "forward") return { loss };
      return { loss, gradLogits: mul(sub(sigmoid(logits), target), 1 / sizeOf(shape)) };
    },
  };
}

function softmaxOf(data: CaseData): Forms {
  const shape = [...data.benchCase.shape];
  const input = tensor(floats(data, "input"), shape);
  const upstream = tensor(floats(data, "upstream"), shape);
  return {
    inputs: [input, upstream],
    compute(pass) {
      const output = softmax(input);
      if (pass === "forward") return { output };
      const dots = sum(mul(output, upstream), -1, true);
      return { output, gradInput: mul(output, sub(upstream, dots)) };
    },
  };
}

/** Weights as TF.js' layers keep them, [features, classes]: its fast matrix product takes no transposed operand. */
function linear(data: CaseData): Forms {
  const { shape, weightShape = [] } = data.benchCase;
  const hidden = tensor(floats(data, "hidden"), [...shape]);
  const kernel = tidy(() => transpose(tensor(floats(data, "weight"), [...weightShape])));
  const targets = targetsOf(data);
  return {
    inputs: [hidden, kernel, targets.positions, targets.minus],
    compute(pass) {
      const [loss, gradient] = lossOf(matMul(hidden, kernel), targets, pass);
      if (gradient === undefined) return { loss };
      const gradHidden = tidy(() => matMul(gradient, transpose(kernel)));
      return { loss, gradHidden, gradWeight: matMul(transpose(gradient), hidden) };
    },
  };
}

/** The mean of all elements, in two steps. */
export function meanOf(values: Tensor): Tensor {
  return mean(mean(reshape(values, [...meanShape(values.size)]), 1));
}
