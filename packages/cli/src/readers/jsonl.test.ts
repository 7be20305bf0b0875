import { describe, expect, it } from "vitest";
import { piped, readBytes, type ReadArray, type ReadOptions } from "../testing/arrays.ts";
import { memoryBytes } from "./bytes.ts";
import { FormatError } from "./format-error.ts";

async function read(text: string, options: ReadOptions = {}): Promise<ReadArray> {
  return readBytes(memoryBytes(Buffer.from(text), "a.jsonl"), { format: "jsonl", ...options });
}

describe("lines that are read", () => {
  it.each<[string, string, string | undefined, ReadArray["shape"], number[]]>([
    ["arrays", "[1,2]\n[3,4]\n", undefined, [undefined, 2], [1, 2, 3, 4]],
    ["numbers", "1\n2", undefined, [undefined], [1, 2]],
    ["objects", '{"x":[1,2],"y":0}\n{"y":1,"x":[3,4]}\n', "x", [undefined, 2], [1, 2, 3, 4]],
    ["nested arrays", "[[1,2],[3,4],[5,6]]\n", undefined, [undefined, 3, 2], [1, 2, 3, 4, 5, 6]],
    ["booleans", '{"y":true}\n{"y":false}\n', "y", [undefined], [1, 0]],
    ["blank lines", "\n1\r\n\n2\n\n", undefined, [undefined], [1, 2]],
    [
      "words that JSON lacks, in quotes or bare",
      '["NaN",-Infinity, Infinity ]\n[NaN,1,"-Infinity"]',
      undefined,
      [undefined, 3],
      [NaN, -Infinity, Infinity, NaN, 1, -Infinity],
    ],
    ["a key that objects have from their prototype", '{"constructor":1}', "constructor", [undefined], [1]],
  ])("%s", async (_what, text, wish, shape, values) => {
    expect(await read(text, { wish })).toMatchObject({ dtype: "f64", text: true, shape, values });
    const inPieces = await readBytes(piped(Buffer.from(text), 3), { format: "jsonl", wish, part: 2 });
    expect(inPieces.values).toEqual(values);
  });
});

describe("lines that are refused", () => {
  it.each<[string, string, string | undefined, RegExp]>([
    ["nothing", "\n \n", undefined, /a line of JSON required; it is empty/],
    ["no JSON", "1\n{", undefined, /line 2: JSON required; /],
    ["an object where no key is asked for", '{"x":1}', undefined, /--logits must name a key; the objects have "x"/],
    ["a key that is not there", '{"x":1}\n{"z":1}', "x", /line 2: no key "x" \(--logits\); it has "z"/],
    ["a key of the prototype", '{"x":1}', "constructor", /line 1: no key "constructor"/],
    ["no object", '{"x":1}\n3', "x", /line 2: no key "x" \(--logits\); it is no object/],
    ["text", '{"x":"a"}', "x", /line 1, key "x": a number required; got "a"/],
    ["null", "[1,null]", undefined, /line 1: a number required; got null/],
    [
      "an array of another length",
      "[1,2]\n[1]",
      undefined,
      /line 2: an array of 2 required, as in the first row; got one of 1/,
    ],
    ["a number for an array", "[1,2]\n1", undefined, /line 2: an array of 2 required.*got 1/],
    ["an array for a number", "1\n[1]", undefined, /line 2: a number required; got one of 1/],
    ["an empty array", "[]", undefined, /at least one number in a row required/],
    ["arrays without end", "[".repeat(100_000), undefined, /line 1: JSON required/],
    [
      "arrays deeper than any tensor",
      `${"[".repeat(1000)}1${"]".repeat(1000)}`,
      undefined,
      /a number required; got one of 1/,
    ],
  ])("%s", async (_what, text, wish, message) => {
    await expect(read(text, { wish })).rejects.toThrow(FormatError);
    await expect(read(text, { wish })).rejects.toThrow(message);
  });
});
