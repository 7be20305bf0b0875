// An ONNX model is a protobuf message. This writes the few fields that a graph of standard operators needs
// [onnx/onnx.proto3, IR version 8], so that models are made from code without a package for it.

/** Element types by their number in TensorProto.DataType. */
const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7 } as const;

/** What an attribute may be: an integer, a float, integers, or text. */
export type Attribute = { readonly int: number } | { readonly ints: readonly number[] } | { readonly text: string };

/** One operator of a graph; values are connected by their names. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** An input or output of a graph. */
export interface OnnxValue {
  readonly name: string;
  readonly type: keyof typeof ELEMENT_TYPES;
  readonly shape: readonly number[];
}

/** A constant of a graph. */
export interface OnnxConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array | BigInt64Array;
}

/** A graph of operators of one operator set. */
export interface OnnxGraph {
  /** Version of the operator set. */
  readonly opset: number;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: readonly OnnxConstant[];
  readonly nodes: readonly OnnxNode[];
}

const IR_VERSION = 8;
const GRAPH_NAME = "graph";

/** The bytes of a ModelProto with this graph. */
export function encodeModel({ opset, inputs, outputs, constants, nodes }: OnnxGraph): Uint8Array {
  const graph = [
    ...nodes.map((node) => message(1, encodeNode(node))),
    text(2, GRAPH_NAME),
    ...constants.map((constant) => message(5, encodeConstant(constant))),
    ...inputs.map((value) => message(11, encodeValue(value))),
    ...outputs.map((value) => message(12, encodeValue(value))),
  ];
  return Uint8Array.from([int(1, IR_VERSION), message(7, graph), message(8, [text(1, ""), int(2, opset)])].flat());
}

function encodeNode({ op, inputs, outputs, attributes = {} }: OnnxNode): number[][] {
  return [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => message(5, [text(1, name), ...encodeAttribute(value)])),
  ];
}

// AttributeProto: its field for the value, and the kind of value in field 20.
function encodeAttribute(value: Attribute): number[][] {
  if ("int" in value) return [int(3, value.int), int(20, 2)];
  if ("text" in value) return [text(4, value.text), int(20, 3)];
  return [...value.ints.map((each) => int(8, each)), int(20, 7)];
}

function encodeConstant({ name, shape, values }: OnnxConstant): number[][] {
  const type = ELEMENT_TYPES[elementType(values)];
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return [...shape.map((size) => int(1, size)), int(2, type), text(8, name), bytes(9, raw)];
}

function elementType(values: OnnxConstant["values"]): keyof typeof ELEMENT_TYPES {
  if (values instanceof Float32Array) return "float32";
  return values instanceof Int32Array ? "int32" : "int64";
}

// ValueInfoProto: name, and a TypeProto with a tensor of a type and a shape of known sizes.
function encodeValue({ name, type, shape }: OnnxValue): number[][] {
  const dims = shape.map((size) => message(1, [int(1, size)]));
  const tensor = [int(1, ELEMENT_TYPES[type]), message(2, dims)];
  return [text(1, name), message(2, [message(1, tensor)])];
}

// Protobuf: each field is a tag (number and wire type: 0 varint, 2 length and bytes) and its value.

function int(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

function text(field: number, value: string): number[] {
  return bytes(field, new TextEncoder().encode(value));
}

function message(field: number, parts: readonly (readonly number[])[]): number[] {
  return bytes(field, parts.flat());
}

function bytes(field: number, value: ArrayLike<number>): number[] {
  return [...varint((field << 3) | 2), ...varint(value.length), ...Array.from(value)];
}

/** Seven bits to a byte, lowest first; negative numbers as 64 bits in two's complement. */
function varint(value: number): number[] {
  const encoded: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    encoded.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  encoded.push(Number(rest));
  return encoded;
}
