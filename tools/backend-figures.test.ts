import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

// What docs/backends.md says of speed is what docs/benchmarks.md has measured.

/** Tables of a document, as rows of trimmed cells; the first row is the head. */
function tablesIn(path: string): string[][][] {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(/(?:^\|.*\n)+/gm)].map(([table]) =>
    table
      .trimEnd()
      .split("\n")
      .filter((line) => !/^\|[\s|:-]+\|$/.test(line))
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
  );
}

/** A case's time with its gradient by contestant, in each table of medians; the first that has the case counts. */
function measured(): Map<string, Map<string, string>> {
  const times = new Map<string, Map<string, string>>();
  for (const [head = [], ...rows] of tablesIn("docs/benchmarks.md")) {
    for (const [name = "", pass, ...cells] of rows) {
      if (pass !== "forward + gradient" || times.has(name)) continue;
      times.set(name, new Map(cells.map((cell, i) => [head[i + 2] ?? "", cell.replace(/ ±.*$/, "")])));
    }
  }
  return times;
}

const times = measured();
const figures = tablesIn("docs/backends.md")
  .filter(([head = []]) => head[0] === "case")
  .flatMap(([head = [], ...rows]) =>
    rows.flatMap(([name = "", ...cells]) =>
      cells.map((figure, i) => ({ name, contestant: head[i + 1] ?? "", figure })),
    ),
  );

describe("figures of docs/backends.md", () => {
  test("are there, of all three backends", () => {
    expect([...new Set(figures.map(({ contestant }) => contestant))]).toEqual(
      expect.arrayContaining(["cpu", "wasm", "gpu"]),
    );
  });

  test.each(figures)("$name, $contestant: $figure", ({ name, contestant, figure }) => {
    expect(figure).toBe(times.get(name)?.get(contestant));
  });
});
