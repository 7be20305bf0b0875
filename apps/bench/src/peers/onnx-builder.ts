import type { Attribute, OnnxConstant, OnnxGraph, OnnxNode, OnnxValue } from "./onnx-model.ts";
import { meanShape } from "./mean.ts";

/** Puts a graph together, operator by operator; values are known by their names. */
export interface GraphBuilder {
  /** An input of the graph. */
  input(name: string, type: OnnxValue["type"], shape: readonly number[]): string;
  /** A number, broadcast against whatever it meets. */
  number(value: number): string;
  /** A class, to compare with an i32 target. */
  index(value: number): string;
  /** Classes 0, 1, …, to compare with i32 targets. */
  classes(count: number): string;
  /** Integers, for axes and shapes. */
  integers(values: readonly number[]): string;
  /** An operator with one output; gives the output's name. */
  op(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>): string;
  /** A tensor as parts of size 1 along dim 1. */
  split(input: string, parts: number): string[];
  /** The mean of a tensor with so many elements. */
  mean(input: string, count: number): string;
  /** A value as an output of the graph. */
  output(name: string, value: string, shape: readonly number[]): void;
  /** What was put together. */
  graph(): OnnxGraph;
}

const OPSET = 18;

/** An empty graph. */
export function graphBuilder(): GraphBuilder {
  const [inputs, outputs, constants, nodes]: [OnnxValue[], OnnxValue[], OnnxConstant[], OnnxNode[]] = [[], [], [], []];
  const renamed = new Map<string, string>();
  const constant = (shape: readonly number[], values: OnnxConstant["values"]): string => {
    const name = `constant${constants.length}`;
    constants.push({ name, shape, values });
    return name;
  };
  const builder: GraphBuilder = {
    input(name, type, shape) {
      inputs.push({ name, type, shape });
      return name;
    },
    number: (value) => constant([], Float32Array.of(value)),
    index: (value) => constant([], Int32Array.of(value)),
    classes: (count) =>
      constant(
        [count],
        Int32Array.from({ length: count }, (_, i) => i),
      ),
    integers: (values) => constant([values.length], BigInt64Array.from(values, BigInt)),
    op(op, operands, attributes = {}) {
      const name = `value${nodes.length}`;
      nodes.push({ op, inputs: operands, outputs: [name], attributes });
      return name;
    },
    split(input, parts) {
      const names = Array.from({ length: parts }, (_, i) => `value${nodes.length}part${i}`);
      const attributes = { axis: { int: 1 }, num_outputs: { int: parts } };
      nodes.push({ op: "Split", inputs: [input], outputs: names, attributes });
      return names;
    },
    mean(input, count) {
      const [rows] = meanShape(count);
      if (rows === 1) return builder.op("ReduceMean", [input], { keepdims: { int: 0 } });
      const table = builder.op("Reshape", [input, builder.integers(meanShape(count))]);
      const means = builder.op("ReduceMean", [table, builder.integers([1])], { keepdims: { int: 0 } });
      return builder.op("ReduceMean", [means], { keepdims: { int: 0 } });
    },
    output(name, value, shape) {
      renamed.set(value, name);
      outputs.push({ name, type: "float32", shape });
    },
    graph() {
      const rename = (name: string): string => renamed.get(name) ?? name;
      const named = nodes.map((node) => {
        return { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) };
      });
      return { opset: OPSET, inputs, outputs, constants, nodes: named };
    },
  };
  return builder;
}
