import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { piped, readBytes, type ReadArray, type ReadOptions } from "../testing/arrays.ts";
import { memoryBytes } from "./bytes.ts";
import { FormatError } from "./format-error.ts";

async function read(text: string, options: ReadOptions = {}): Promise<ReadArray> {
  return readBytes(memoryBytes(Buffer.from(text), "a.csv"), { format: "csv", ...options });
}

describe("text that is read", () => {
  it.each<[string, string, string | undefined, ReadArray["shape"], number[]]>([
    ["numbers without names", "1,2\n3,4\n", undefined, [undefined, 2], [1, 2, 3, 4]],
    ["names", "a,b\n3,4\n", undefined, [undefined, 2], [3, 4]],
    ["one column", "3\n4\n", undefined, [undefined], [3, 4]],
    ["a column by its name", "a,b\n3,4\n5,6\n", "b", [undefined], [4, 6]],
    ["a column by its number", "3,4\n5,6\n", "1", [undefined], [4, 6]],
    ["columns in the order that is asked for", "a,b,c\n1,2,3\n", "c,a", [undefined, 2], [3, 1]],
    ["columns by a pattern", "x,p_1,y,p_2\n1,2,3,4\n", "p_*", [undefined, 2], [2, 4]],
    ["a name with a comma", '"a,b",c\n1,2\n', "a,b", [undefined], [1]],
    ["a name with quotes", '"a ""b""",c\n1,2\n', 'a "b"', [undefined], [1]],
    ["quoted numbers, blanks", '"1" , 2\n 3,"4"', undefined, [undefined, 2], [1, 2, 3, 4]],
    ["carriage returns, blank lines at the end", "1,2\r\n3,4\r\n\r\n\n", undefined, [undefined, 2], [1, 2, 3, 4]],
    ["a byte order mark", "\u{FEFF}1,2\n", undefined, [undefined, 2], [1, 2]],
    ["infinities", "1,-inf\n2,Infinity\n", undefined, [undefined, 2], [1, -Infinity, 2, Infinity]],
    ["a line break in a field that nobody wants", 'a,b\n"x\ny",2\n', "b", [undefined], [2]],
  ])("%s", async (_what, text, wish, shape, values) => {
    expect(await read(text, { wish })).toMatchObject({ dtype: "f64", text: true, shape, values });
  });

  it("any numbers, in any pieces", async () => {
    const rows = fc.array(fc.tuple(fc.double({ noNaN: true }), fc.double({ noNaN: true })), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 9 }),
        async (table, piece, part) => {
          const text = table
            .map((row) => row.map((value) => (Object.is(value, -0) ? "-0" : String(value))).join(","))
            .join("\n");
          const { values } = await readBytes(piped(Buffer.from(text), piece), { format: "csv", part });
          expect(values).toEqual(table.flat());
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  it("a line longer than any buffer", async () => {
    const numbers = Array.from({ length: 200_000 }, (_, i) => i);
    const { values } = await read(`${numbers.join(",")}\n${numbers.join(",")}`, { part: 77_777 });
    expect(values).toEqual([...numbers, ...numbers]);
  });
});

describe("text that is refused", () => {
  it.each<[string, string, string | undefined, RegExp]>([
    ["nothing", "", undefined, /a line of numbers or of column names required; it is empty/],
    ["a word", "a,b\n1,x\n", undefined, /line 2, column "b": a number required; got "x"/],
    ["an empty field", "1,2\n3,\n", undefined, /line 2, column "1": a number required; got an empty field/],
    ["too few fields", "1,2\n3\n", undefined, /line 2: 2 fields required, as in the first line; got 1/],
    ["too many fields", "1,2\n3,4,5\n", undefined, /line 2: 2 fields required.*got 3/],
    ["a blank line among others", "1\n\n2\n", undefined, /line 2: a row of numbers required; the line is empty/],
    ["a column that is not there", "a,b\n1,2\n", "c", /no column "c" \(--logits\); it has a, b/],
    ["a pattern that nothing matches", "a,b\n1,2\n", "a,c*", /no column "c\*"/],
    ["a quote that does not end", '1,2\n"3,4\n5,6\n', undefined, /line 2/],
    ["a line number behind line breaks in quotes", 'a,b\n"x\ny",2\n1,z\n', "b", /line 4, column "b"/],
  ])("%s", async (_what, text, wish, message) => {
    await expect(read(text, { wish })).rejects.toThrow(FormatError);
    await expect(read(text, { wish })).rejects.toThrow(message);
  });

  it("any text gives numbers or a FormatError", async () => {
    const token = fc.oneof(
      fc.constantFrom(",", "\n", '"', "\r\n", " ", "-", ".", "e", "nan", "inf", "a"),
      fc.nat(99).map(String),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(token, { maxLength: 30 }), async (tokens) => {
        const error: unknown = await read(tokens.join("")).catch((thrown: unknown) => thrown);
        expect(error instanceof Error ? error.name : "numbers").toMatch(/^(FormatError|numbers)$/);
      }),
      { numRuns: 3000, seed: 8 },
    );
  });
});
