import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readFile } from "../testing/arrays.ts";
import { npyBytes } from "../testing/npy.ts";
import { filesOf } from "./shards.ts";

/** A folder with the given files, each an array of i4 or its text. */
function folder(files: Readonly<Record<string, readonly number[] | Float32Array | string>>): string {
  const path = mkdtempSync(join(tmpdir(), "surprisal-shards-"));
  for (const [name, content] of Object.entries(files)) {
    const bytes =
      typeof content === "string"
        ? content
        : content instanceof Float32Array
          ? npyBytes({ shape: `(${content.length},)`, data: content })
          : npyBytes({ descr: "<i4", shape: `(${content.length},)`, data: Int32Array.from(content) });
    writeFileSync(join(path, name), bytes);
  }
  return path;
}

describe("files that a pattern means", () => {
  it("in the order of their numbers, hidden ones left out", () => {
    const path = folder({ "x-10.npy": [], "x-9.npy": [], "x-1.npy": [], "y-1.npy": [], ".x-1.npy": [], "x-1.txt": "" });
    const names = (pattern: string): string[] =>
      filesOf(join(path, pattern)).map((file) => file.slice(path.length + 1));
    expect(names("x-*.npy")).toEqual(["x-1.npy", "x-9.npy", "x-10.npy"]);
    expect(names("?-1.npy")).toEqual(["x-1.npy", "y-1.npy"]);
    expect(names("x-1.n*y")).toEqual(["x-1.npy"]);
  });

  it("a file that has the pattern for a name", () => {
    const path = folder({ "x*.npy": [], "xy.npy": [] });
    expect(filesOf(join(path, "x*.npy"))).toEqual([join(path, "x*.npy")]);
  });

  it("none is an error, as is a folder that is not there", () => {
    expect(() => filesOf(join(folder({}), "x*.npy"))).toThrow(/x\*\.npy: no file has such a name/);
    expect(() => filesOf("no-such-folder/x*.npy")).toThrow("no-such-folder/x*.npy: no such file or directory");
  });
});

describe("shards as one array", () => {
  it.each([1, 2, 3, 100])("in parts of %i", async (part) => {
    const path = folder({ "x-1.npy": [0, 1], "x-2.npy": [], "x-3.npy": [2], "x-4.npy": [3, 4, 5] });
    const { values, shape } = await readFile(join(path, "x-*.npy"), { part });
    expect({ values, shape }).toEqual({ values: [0, 1, 2, 3, 4, 5], shape: [6] });
  });

  it("of text", async () => {
    const path = folder({ "a1.csv": "x,y\n1,2\n", "a2.csv": "x,y\n3,4\n5,6\n" });
    const { values, shape } = await readFile(join(path, "a*.csv"));
    expect({ values, shape }).toEqual({ values: [1, 2, 3, 4, 5, 6], shape: [undefined, 2] });
  });

  it("of different dtypes or rows are refused before anything is read", async () => {
    const dtypes = folder({ "x-1.npy": [0, 1], "x-2.npy": Float32Array.of(1) });
    await expect(readFile(join(dtypes, "x-*.npy"))).rejects.toThrow(
      /x-2\.npy: i32 rows of \[\], as in the first shard, required; got f32 rows/,
    );
    const rows = folder({ "a1.csv": "1,2\n", "a2.csv": "1,2,3\n" });
    await expect(readFile(join(rows, "a*.csv"))).rejects.toThrow(/a2\.csv: f64 rows of \[2\].*got f64 rows of \[3\]/);
  });
});
