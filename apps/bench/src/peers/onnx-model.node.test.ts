import { expect, test } from "vitest";
import { encodeModel, type OnnxGraph } from "./onnx-model.ts";

const EMPTY: OnnxGraph = { opset: 18, inputs: [], outputs: [], constants: [], nodes: [] };

function hex(graph: OnnxGraph): string {
  return Buffer.from(encodeModel(graph)).toString("hex");
}

/** Bytes with a space between fields. */
function fields(text: string): string {
  return text.replaceAll(" ", "");
}

test("an empty graph, field by field", () => {
  const irVersion = "0808";
  const graph = `3a07 1205 ${Buffer.from("graph").toString("hex")}`;
  const opset = "4204 0a00 1012";
  expect(hex(EMPTY)).toBe(fields(`${irVersion} ${graph} ${opset}`));
});

test("a node with attributes: its names, a negative integer in ten bytes, a list, a text", () => {
  const attributes = { axis: { int: -1 }, axes: { ints: [1, 300] }, mode: { text: "add" } };
  const encoded = hex({ ...EMPTY, nodes: [{ op: "F", inputs: ["x"], outputs: ["y"], attributes }] });
  expect(encoded).toContain(fields("0a0178 120179 220146"));
  expect(encoded).toContain(fields("0a0461786973 18ffffffffffffffffff01 a00102"));
  expect(encoded).toContain(fields("0a0461786573 4001 40ac02 a00107"));
  expect(encoded).toContain(fields("0a046d6f6465 2203616464 a00103"));
});

test("a value and a constant: shape, type, name, little-endian elements", () => {
  const encoded = hex({
    ...EMPTY,
    inputs: [{ name: "x", type: "int32", shape: [2, 3] }],
    constants: [{ name: "c", shape: [1], values: Float32Array.of(1) }],
  });
  expect(encoded).toContain(fields("0a0178 120e 0a0c 0806 1208 0a020802 0a020803"));
  expect(encoded).toContain(fields("0801 1001 420163 4a04 0000803f"));
});
