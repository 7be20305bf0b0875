import type { PeerOutput } from "../case.ts";
import type { Problem } from "../problem.ts";
import { inputAs, numbersOf, type VectorCase, type VectorTensor } from "./vectors.ts";

// ONNX's node tests as calls of this library, as a program that imports ONNX graphs would make them.

/** A call, and what ONNX says comes of it. */
export interface OnnxCall {
  readonly problem: Problem;
  readonly outputs: Readonly<Record<string, PeerOutput>>;
}

/** The calls that a node stands for: one for each of its outputs. */
export function onnxCalls(node: VectorCase): readonly OnnxCall[] {
  const lower = NODES[node.op];
  if (lower === undefined) throw new Error(`${node.name}: no ONNX operator "${node.op}"`);
  const [outputs = {}] = Object.values(node.outputs ?? {});
  return lower(node, outputs);
}

type Lower = (node: VectorCase, outputs: Readonly<Record<string, VectorTensor>>) => readonly OnnxCall[];

function need(tensors: Readonly<Record<string, VectorTensor>>, name: string): VectorTensor {
  const found = tensors[name];
  if (found === undefined) throw new Error(`an ONNX node has no "${name}"`);
  return found;
}

function peer(tensor: VectorTensor): PeerOutput {
  return { shape: tensor.shape, values: numbersOf(tensor) };
}

/** A loss over rows; `names` are ONNX's for logits, target, weights and result. */
const loss =
  (operation: string, logits: "logits" | "input", names: readonly [string, string, string, string]): Lower =>
  ({ inputs, options }, outputs) => {
    const [scores, labels, weights, result] = names;
    const weight = inputs[weights];
    const problem: Problem = {
      operation,
      inputs: {
        [logits]: inputAs(need(inputs, scores)),
        target: inputAs(need(inputs, labels)),
        ...(weight && { weight: inputAs(weight) }),
      },
      options: {
        reduction: options["reduction"] ?? "mean",
        ...(options["ignore_index"] !== undefined && { ignoreIndex: options["ignore_index"] }),
      },
    };
    return [{ problem, outputs: { loss: peer(need(outputs, result)) } }];
  };

const crossEntropy: Lower = (node, outputs) => {
  const calls = loss("crossEntropy", "logits", ["scores", "labels", "weights", "output"])(node, outputs);
  const logProbabilities = outputs["log_prob"];
  if (logProbabilities === undefined) return calls;
  const inputs = { input: inputAs(need(node.inputs, "scores")) };
  const problem = { operation: "logSoftmax", inputs, options: { dim: 1 } };
  return [...calls, { problem, outputs: { output: peer(logProbabilities) } }];
};

const softmax =
  (operation: string): Lower =>
  ({ inputs, options }, outputs) => [
    {
      problem: {
        operation,
        inputs: { input: inputAs(need(inputs, "input")) },
        options: { dim: options["axis"] ?? -1 },
      },
      outputs: { output: peer(need(outputs, "output")) },
    },
  ];

/** `values` is [off, on], classes lie along `axis`, negative indices count from `depth`: all undone here. */
const oneHot: Lower = ({ inputs, options }, outputs) => {
  const indices = need(inputs, "indices");
  const [depth = NaN] = numbersOf(need(inputs, "depth"));
  const [, on = NaN] = numbersOf(need(inputs, "values"));
  const wrapped = numbersOf(indices).map((index) => (index < 0 ? index + depth : index));
  const { shape, data } = need(outputs, "output");
  const given = Number(options["axis"] ?? -1);
  const axis = given < 0 ? given + shape.length : given;
  const inner = shape.slice(axis + 1).reduce((size, n) => size * n, 1);
  const values = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const row = Math.floor(i / (depth * inner)) * inner + (i % inner);
    values[row * depth + (Math.floor(i / inner) % depth)] = Number(data[i]) === on ? 1 : 0;
  }
  return [
    {
      problem: {
        operation: "oneHot",
        inputs: { indices: { dtype: "i64", shape: indices.shape, values: wrapped } },
        options: { classes: depth },
      },
      outputs: { output: { shape: [...indices.shape, depth], values } },
    },
  ];
};

const NODES: Readonly<Record<string, Lower>> = {
  onnxSoftmaxCrossEntropyLoss: crossEntropy,
  onnxNegativeLogLikelihoodLoss: loss("nllLoss", "input", ["input", "target", "weight", "loss"]),
  onnxSoftmax: softmax("softmax"),
  onnxLogSoftmax: softmax("logSoftmax"),
  onnxOneHot: oneHot,
};
