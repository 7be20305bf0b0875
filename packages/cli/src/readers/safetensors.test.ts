import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBytes, type ReadArray } from "../testing/arrays.ts";
import { fixture } from "../testing/io.ts";
import { memoryBytes } from "./bytes.ts";
import { FormatError } from "./format-error.ts";

function file(header: unknown, data: Uint8Array = new Uint8Array(), claims?: bigint): Buffer {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(claims ?? BigInt(text.length));
  return Buffer.concat([prefix, text, data]);
}

async function read(bytes: Uint8Array, wish?: string): Promise<ReadArray> {
  return readBytes(memoryBytes(bytes, "a.safetensors"), { wish, format: "safetensors" });
}

const FOUR = new Uint8Array(Float32Array.of(1.5).buffer);
const entry = (begin: number, end: number, dtype = "F32", shape: unknown = [1]): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe("files that are read", () => {
  it("one tensor of several, whatever their order in the header", async () => {
    const bytes = file({ b: entry(4, 8), __metadata__: { x: "y" }, a: entry(0, 4) }, Buffer.concat([FOUR, FOUR]));
    expect(await read(bytes, "b")).toMatchObject({
      name: "a.safetensors, tensor b",
      dtype: "f32",
      shape: [1],
      values: [1.5],
    });
  });

  it("types that nobody asks for may be unknown", async () => {
    const bytes = file({ a: entry(0, 4), f8: entry(4, 8, "F8_E4M3", [4]) }, Buffer.concat([FOUR, FOUR]));
    expect((await read(bytes, "a")).values).toEqual([1.5]);
    await expect(read(bytes, "f8")).rejects.toThrow(/no tensor "f8" \(--logits\); it has "a"/);
  });

  it("scalars and empty tensors", async () => {
    expect(await read(file({ a: entry(0, 4, "F32", []) }, FOUR))).toMatchObject({ shape: [], values: [1.5] });
    expect(await read(file({ a: entry(0, 0, "F32", [0, 2 ** 40]) }))).toMatchObject({ values: [] });
  });
});

describe("files that are refused", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["an empty file", new Uint8Array(), /starts with 8 bytes of header length; it has 0/],
    [
      "a header bomb",
      file("{}", FOUR, 2n ** 62n),
      /a header of at most 100000000 bytes required; it claims 4611686018427387904/,
    ],
    ["a header beyond the end", file("{}", FOUR, 100n), /the header ends at byte 108; the file has 14/],
    ["no JSON", file("{a"), /the header must be JSON/],
    ["an array", file([]), /the header must be a JSON object/],
    [
      "no dtype",
      file({ a: { shape: [], data_offsets: [0, 0] } }),
      /tensor "a": a name such as F32 required; got nothing/,
    ],
    [
      "a shape that is none",
      file({ a: entry(0, 4, "F32", [-1]) }, FOUR),
      /"shape".*sizes below 2\^53 required; got \[-1\]/,
    ],
    ["a shape beyond 2^53", file({ a: entry(0, 4, "F32", [2 ** 53]) }, FOUR), /sizes below 2\^53/],
    [
      "a product that overflows",
      file({ a: entry(0, 4, "F32", [2 ** 40, 2 ** 40]) }, FOUR),
      /needs 4\.8\d+e\+24 bytes; its offsets are 0 … 4/,
    ],
    [
      "offsets that are none",
      file({ a: { dtype: "F32", shape: [1], data_offsets: [0] } }, FOUR),
      /first and last byte required/,
    ],
    [
      "another length than the shape's",
      file({ a: entry(0, 4, "F64") }, FOUR),
      /shape \[1\] of F64 needs 8 bytes; its offsets are 0 … 4/,
    ],
    ["a hole", file({ a: entry(0, 4), b: entry(8, 12) }, new Uint8Array(12)), /tensor "b" must begin at byte 4/],
    ["an overlap", file({ a: entry(0, 4), b: entry(0, 4) }, FOUR), /tensor "b" must begin at byte 4/],
    [
      "too little data",
      file({ a: entry(0, 4) }, FOUR.subarray(1)),
      /truncated: its tensors need 4 bytes after the header; found 3/,
    ],
    ["too much data", file({ a: entry(0, 4) }, new Uint8Array(5)), /longer than its header says/],
    ["no tensor", file({}), /a tensor required; it has none/],
  ])("%s", async (_what, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(FormatError);
    await expect(read(bytes)).rejects.toThrow(message);
  });

  it("mutated files give a tensor or a FormatError", async () => {
    const original = readFileSync(fixture("predictions.safetensors"));
    const edit = fc.record({
      at: fc.nat(600),
      remove: fc.nat(3),
      insert: fc.stringMatching(/^[-0-9a-zA-Z{}[\]",:]{0,3}$/),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        let bytes = original;
        for (const { at, remove, insert } of edits) {
          bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(insert), bytes.subarray(at + remove)]);
        }
        const error: unknown = await read(bytes, "logits").catch((thrown: unknown) => thrown);
        expect(error instanceof Error ? error.name : "tensor").toMatch(/^(FormatError|tensor)$/);
      }),
      { numRuns: 2000, seed: 4 },
    );
  });
});
