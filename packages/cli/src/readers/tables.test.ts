import { readFileSync } from "node:fs";
import { makeTable, RecordBatchFileWriter, RecordBatchStreamWriter } from "apache-arrow";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { piped, readBytes } from "../testing/arrays.ts";
import { fixture } from "../testing/io.ts";
import { memoryBytes } from "./bytes.ts";
import { chooseColumns, matcherOf } from "./table.ts";

// What is read from these formats is in ../eval/formats.test.ts; here, what becomes of files that are broken.

const EDIT = fc.record({ at: fc.nat(), to: fc.nat(255) });
const EDITS = fc.array(EDIT, { minLength: 1, maxLength: 4 });

async function outcome(bytes: Uint8Array, name: string, wish: string): Promise<string> {
  const error: unknown = await readBytes(memoryBytes(bytes, name), { wish }).catch((thrown: unknown) => thrown);
  return error instanceof Error ? `${error.name}: ${error.message}` : "numbers";
}

describe.each([
  ["predictions.parquet", "logits"],
  ["scores-zstd.parquet", "class_*"],
  ["polars-lz4.parquet", "logits"],
  ["pages-v1.parquet", "logits"],
  ["pages-v2.parquet", "maps"],
  ["predictions.arrow", "logits"],
  ["predictions.arrows", "logits"],
  ["polars-lz4.arrow", "logits"],
])("%s", (name, wish) => {
  const original = readFileSync(fixture(name));

  it("is read as it is", async () => {
    expect(await outcome(original, name, wish)).toBe("numbers");
  });

  it("cut short anywhere it is refused", async () => {
    for (let length = 0; length < original.length; length++) {
      const came = await outcome(original.subarray(0, length), name, wish);
      expect(came.split(":")[0], `${length}: ${came}`).toBe("FormatError");
    }
  });

  it("changed anywhere it gives numbers or a FormatError", async () => {
    await fc.assert(
      fc.asyncProperty(EDITS, async (edits) => {
        const bytes = Buffer.from(original);
        for (const { at, to } of edits) bytes[at % bytes.length] = to;
        expect(await outcome(bytes, name, wish)).toMatch(/^(numbers$|FormatError: )/);
      }),
      { numRuns: 1000, seed: 10 },
    );
  });
});

it.each([2 ** 31 - 1, 10_000, -1])("an Arrow file whose footer has %d bytes, as it says", async (length) => {
  const bytes = readFileSync(fixture("predictions.arrow"));
  bytes.writeInt32LE(length, bytes.length - 10);
  const message = `a footer of ${length} bytes does not fit into a file of ${bytes.length}`;
  expect(await outcome(bytes, "x.arrow", "logits")).toBe(`FormatError: x.arrow: corrupt: ${message}`);
});

it.each([
  ["x.arrow", RecordBatchFileWriter],
  ["x.arrows", RecordBatchStreamWriter],
])("%s: 2,000 record batches of one row", async (name, Writer) => {
  const writer = new Writer();
  const [batch] = makeTable({ logits: Float32Array.of(0.5) }).batches;
  for (let i = 0; i < 2000; i++) writer.write(batch);
  writer.finish();
  const { values } = await readBytes(memoryBytes(await writer.toUint8Array(), name), { wish: "logits" });
  expect(values).toEqual(Array.from({ length: 2000 }, () => 0.5));
});

it("an Arrow stream comes through a pipe", async () => {
  const { values, shape } = await readBytes(piped(readFileSync(fixture("predictions.arrows")), 13), { wish: "logits" });
  expect(shape).toEqual([undefined, 3]);
  expect(values).toEqual((await readBytes(memoryBytes(readFileSync(fixture("logits-f4.npy")), "x.npy"))).values);
});

it("a format whose directory may be anywhere does not", async () => {
  const parquet = piped(readFileSync(fixture("predictions.parquet")));
  await expect(readBytes(parquet)).rejects.toThrow(/standard input: \.parquet can only be read from a file/);
});

it.each([
  ["a*", "abc", true],
  ["a*", "ba", false],
  ["*a", "ba", true],
  ["*a", "ab", false],
  ["a*b*c", "a-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["ab*ba", "aba", false],
  ["*", "", true],
  ["a**b", "ab", true],
  ["a.c", "abc", false],
])("pattern %s, name %s: %s", (pattern, name, matches) => {
  expect(matcherOf(pattern)(name)).toBe(matches);
});

describe("columns that are meant", () => {
  const NAMES = ["id", "label", "l0", "l1"];
  const logits = (name?: string) => ({ name, option: "--logits" });
  const target = { name: "label", option: "--target" };

  it("are those of the name, or all that nothing else is", () => {
    expect(chooseColumns(NAMES, [logits("l0,l1"), target], "x.csv")).toEqual([
      { numbers: [2, 3], single: false },
      { numbers: [1], single: true },
    ]);
    expect(chooseColumns(NAMES, [logits(), target], "x.csv")[0]).toEqual({ numbers: [0, 2, 3], single: false });
    expect(chooseColumns(["label", "logits"], [logits(), target], "x.csv")[0]).toEqual({ numbers: [1], single: true });
  });

  it("cannot be two things", () => {
    expect(() => chooseColumns(NAMES, [logits("l*"), target], "x.csv")).toThrow(
      'x.csv: a column can be one thing; "label" is meant by --logits "l*" and --target "label"',
    );
  });
});
