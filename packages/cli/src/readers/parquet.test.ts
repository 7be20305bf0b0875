import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readBytes } from "../testing/arrays.ts";
import { fixture } from "../testing/io.ts";
import { parquetFile, type WrittenGroup, type WrittenPage } from "../testing/parquet-file.ts";
import { memoryBytes } from "./bytes.ts";

// Fixtures by arrow-rs have 40 rows, row groups of 16, several pages in each chunk, and values by these formulas
// (fixtures/make-tables.mjs).
const ROWS = 40;
const score = (row: number, i: number): number => (((row * 7 + i * 3) % 11) - 5) / 4;
const rows = (values: (row: number) => number | readonly number[]): number[] =>
  Array.from({ length: ROWS }, (_, row) => values(row)).flat();
const COLUMNS: readonly (readonly [string, string, readonly number[], readonly number[]])[] = [
  ["logits", "f32", [3], rows((row) => [0, 1, 2].map((i) => score(row, i)))],
  ["maps", "f64", [2, 3], rows((row) => [0, 1, 2, 3, 4, 5].map((i) => score(row, i)))],
  ["target", "i64", [], rows((row) => row % 3)],
  ["byte", "i32", [], rows((row) => 100 - row * 5)],
  ["wide", "i64", [], rows((row) => row * 100_000_000)],
  ["flag", "bool", [], rows((row) => Number(row % 5 === 0))],
];

describe.each(["pages-v1.parquet", "pages-v2.parquet"])("%s", (name) => {
  const bytes = readFileSync(fixture(name));

  it.each(COLUMNS)("column %s: %s, rows of %j", async (wish, dtype, row, values) => {
    for (const part of [1, 7, 1000]) {
      const read = await readBytes(memoryBytes(bytes, name), { wish, part });
      expect(read).toMatchObject({ dtype, shape: [ROWS, ...row], values });
    }
  });

  it("columns of numbers lie side by side", async () => {
    const { values, shape } = await readBytes(memoryBytes(bytes, name), { wish: "wide,target" });
    expect(shape).toEqual([ROWS, 2]);
    expect(values).toEqual(rows((row) => [row % 3, row * 100_000_000].toReversed()));
  });
});

// By DuckDB, and by arrow-rs (fixtures/make-tables.mjs).
it.each<[string, string, string, number[]]>([
  ["deltas-v2.parquet", "up", "i32", Array.from({ length: 5000 }, (_, i) => i)],
  ["deltas-v2.parquet", "down", "i64", Array.from({ length: 5000 }, (_, i) => (5000 - 3 * i) * 1e10)],
  ["deltas-v2.parquet", "eighths", "f64", Array.from({ length: 5000 }, (_, i) => i / 8)],
  ["deltas-v2.parquet", "squares", "i32", Array.from({ length: 5000 }, (_, i) => i * i)],
  ["deltas-strings.parquet", "logits", "f32", rows((at) => score(at, 0))],
  ["deltas-strings.parquet", "decimal", "f64", rows((at) => at / 4)],
])("numbers told by their differences: %s, %s", async (name, wish, dtype, values) => {
  for (const part of [7, 10_000]) {
    expect(await readBytes(memoryBytes(readFileSync(fixture(name)), name), { wish, part })).toMatchObject({
      dtype,
      values,
    });
  }
});

const SHORT = "an array of 3 required, as in the first row; got";

it.each<[string, string]>([
  ["short", `row 25, column "short": ${SHORT} one of 2`],
  ["long", `row 25, column "long": ${SHORT} a longer one`],
  ["empty", `row 25, column "empty": ${SHORT} one of 0`],
  ["absent", `row 25, column "absent": ${SHORT} null`],
  ["hole", 'row 25, column "hole": a number required; got null'],
  ["inner", 'row 25, column "inner": an array of 2 required, as in the first row; got one of 1'],
  ["outer", `row 25, column "outer": ${SHORT} one of 2`],
  ["first", 'row 0, column "first": an array required; got null'],
  ["none", "column none: at least one number in a row required"],
  ["huge", `row 25, column "huge": an integer below 2^63 required; got ${2n ** 63n}`],
  ["record", 'column "record" must hold numbers, or lists of them; it holds a record'],
  ["text", 'column "text" must hold numbers, or lists of them; it holds UTF8'],
])("refused: column %s", async (wish, message) => {
  const bytes = memoryBytes(readFileSync(fixture("refused-lists.parquet")), "x.parquet");
  await expect(readBytes(bytes, { wish })).rejects.toThrow(`x.parquet: ${message}`);
});

it("one column of lists beside one of numbers", async () => {
  const bytes = memoryBytes(readFileSync(fixture("pages-v1.parquet")), "x.parquet");
  await expect(readBytes(bytes, { wish: "target,wide" })).resolves.toMatchObject({ shape: [ROWS, 2] });
  for (const wish of ["score,logits", "logits,score"]) {
    await expect(readBytes(bytes, { wish })).rejects.toThrow("one column of lists, or several of numbers, required");
  }
});

describe("rows over the ends of pages", () => {
  /** Pages of so many numbers, of rows of 4. */
  const pagesOf = (...sizes: readonly number[]): WrittenPage[] => {
    let at = 0;
    return sizes.map((size) => {
      const numbers = Array.from({ length: size }, () => at++);
      return { repetition: numbers.map((i) => Number(i % 4 !== 0)), values: numbers };
    });
  };
  const read = (...groups: readonly WrittenGroup[]): ReturnType<typeof readBytes> =>
    readBytes(memoryBytes(parquetFile(groups), "x.parquet"), { wish: "x" });
  const numbers = Array.from({ length: 12 }, (_, i) => i);

  it.each([[[12]], [[4, 4, 4]], [[5, 7]], [[1, 1, 1, 1, 8]], [[3, 0, 6, 3]], [[2, 9, 1]]])("%j", async (sizes) => {
    expect(await read({ rows: 3, pages: pagesOf(...sizes) })).toMatchObject({ shape: [3, 4], values: numbers });
  });

  it("several row groups, one without rows", async () => {
    const group = { rows: 3, pages: pagesOf(5, 7) };
    const { values } = await read(group, { rows: 0, pages: [] }, group);
    expect(values).toEqual([...numbers, ...numbers]);
  });

  it.each<[string, WrittenGroup[], RegExp]>([
    ["too few", [{ rows: 4, pages: pagesOf(5, 7) }], /column "x": 16 numbers required .*; got 12/],
    ["too many", [{ rows: 2, pages: pagesOf(12) }], /column "x": 8 more numbers required .*; got 12/],
    ["too many, in a page of their own", [{ rows: 2, pages: pagesOf(8, 4) }], /column "x": 0 more numbers required/],
    [
      "too few in one group, too many in the next",
      [
        { rows: 3, pages: pagesOf(8) },
        { rows: 1, pages: pagesOf(8) },
      ],
      /column "x": 12 numbers required .*; got 8/,
    ],
    ["a last row that is cut", [{ rows: 3, pages: pagesOf(11) }], /column "x": 12 numbers required .*; got 11/],
    [
      "a list that goes on in the next page",
      [{ rows: 3, pages: [...pagesOf(8), { repetition: [1, 0, 1, 1], values: [0, 0, 0, 0] }] }],
      /row 1, column "x": an array of 4 required, as in the first row; got a longer one/,
    ],
    [
      "a list without a number",
      [{ rows: 3, pages: [...pagesOf(4), { repetition: [0], definition: [0], values: [] }] }],
      /row 1, column "x": an array of 4 required, as in the first row; got one of 0/,
    ],
    [
      "fewer values than levels",
      [{ rows: 3, pages: [{ repetition: [0, 1], values: [1] }] }],
      /2 values cannot be in 4 bytes/,
    ],
    [
      "more levels said than there are",
      [{ rows: 3, pages: [{ repetition: [0, 1], values: [1, 2], says: { entries: 2 ** 31 - 1 } }] }],
      /numbers end early/,
    ],
    [
      "a dictionary that is not there",
      [{ rows: 1, pages: [{ repetition: [0], values: [1], says: { encoding: 8 } }] }],
      /values of a dictionary that is not there/,
    ],
    [
      "a second dictionary",
      [{ rows: 1, pages: [0, 0].map(() => ({ repetition: [], values: [1], says: { type: 2 } })) }],
      /a second dictionary/,
    ],
    [
      "a page that says it is huge",
      [{ rows: 1, codec: 1, pages: [{ repetition: [0], values: [1], says: { unpacked: 2 ** 31 - 1 } }] }],
      /one page of each of these columns takes 2147483647 bytes; at most 1073741824 are read at once: write smaller pages/,
    ],
    [
      "a page that snappy cannot have made",
      [{ rows: 1, codec: 1, pages: [{ repetition: [0], values: [1], says: { unpacked: 2 ** 29 } }] }],
      /a page of \d+ bytes of snappy cannot hold 536870912/,
    ],
    [
      "a page that LZ4 cannot have made",
      [{ rows: 1, codec: 7, pages: [{ repetition: [0], values: [1], says: { unpacked: 2 ** 29 } }] }],
      /a page of \d+ bytes of LZ4 cannot hold 536870912/,
    ],
    [
      "a codec that nobody has",
      [{ rows: 1, codec: 3, pages: [{ repetition: [0], values: [1] }] }],
      /pages packed by LZO cannot be read/,
    ],
    [
      "rows of a number each, which a run says in five bytes",
      [
        {
          rows: 2 ** 31 - 1,
          pages: [{ repetition: [0], values: [1], says: { repetition: [[2 ** 31 - 1, 0]], entries: 2 ** 31 - 1 } }],
        },
      ],
      /numbers end early/,
    ],
    [
      "a row that is too long, which a run says in five bytes",
      [
        {
          rows: 1,
          pages: [
            {
              repetition: [0],
              values: [1],
              says: {
                repetition: [
                  [1, 0],
                  [2 ** 24, 1],
                ],
                entries: 2 ** 24 + 1,
              },
            },
          ],
        },
      ],
      /column x: rows of at most 16777216 numbers required; got 16777217/,
    ],
    [
      "floats in an encoding for integers",
      [{ rows: 1, pages: [{ repetition: [0], values: [1], says: { encoding: 5 } }] }],
      /FLOAT encoded as DELTA_BINARY_PACKED/,
    ],
    [
      "floats in an encoding for strings of bytes",
      [{ rows: 1, pages: [{ repetition: [0], values: [1], says: { encoding: 7 } }] }],
      /FLOAT encoded as DELTA_BYTE_ARRAY/,
    ],
    [
      "values in an encoding that is for others",
      [{ rows: 1, pages: [{ repetition: [0], values: [1], says: { encoding: 3 } }] }],
      /values encoded as RLE/,
    ],
    [
      "row groups that share pages",
      [
        { rows: 3, pages: pagesOf(12) },
        { rows: 6, pages: pagesOf(12), overlaps: true },
        { rows: 9, pages: pagesOf(12), overlaps: true },
      ],
      /column "x": corrupt: parts of \d+ bytes in \d+/,
    ],
    [
      "levels of old",
      [{ rows: 1, pages: [{ repetition: [0], values: [1], says: { levels: 4 } }] }],
      /levels encoded as BIT_PACKED/,
    ],
  ])("refused: %s", async (_, groups, message) => {
    const error: unknown = await read(...groups).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "FormatError", message: expect.stringMatching(message) as string });
  });
});
