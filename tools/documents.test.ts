import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

// What the documents say about the repository is there.

const documents = globSync([
  "*.md",
  "docs/**/*.md",
  "packages/*/README.md",
  "apps/*/README.md",
  "examples/*/README.md",
]);

/** A heading as the fragment of a link. */
function fragmentOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

/** Text with single spaces, as table cells are padded. */
function read(path: string): string {
  return readFileSync(path, "utf8").replaceAll(/ +/g, " ");
}

function brokenLinks(path: string): string[] {
  const links = readFileSync(path, "utf8").matchAll(/\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)/g);
  return [...links].flatMap(([link, file = "", fragment = ""]) => {
    const target = file === "" ? path : join(dirname(path), file);
    if (!existsSync(target)) return [link];
    if (fragment === "") return [];
    const headings = readFileSync(target, "utf8").matchAll(/^#+ (.+)$/gm);
    return [...headings].some(([, heading = ""]) => fragmentOf(heading) === fragment) ? [] : [link];
  });
}

test("there are documents", () => {
  expect(documents).toEqual(expect.arrayContaining(["README.md", "CONTRIBUTING.md", "docs/semantics.md"]));
});

test.each(documents)("links of %s lead somewhere", (path) => {
  expect(brokenLinks(path)).toEqual([]);
});

test("every decision record is listed, numbered without a gap, and has its three parts", () => {
  const list = read("docs/decisions/README.md");
  const records = readdirSync("docs/decisions").filter((name) => /^\d{4}-/.test(name));
  for (const [i, name] of records.toSorted().entries()) {
    expect(list).toContain(`| ${i + 1} | [`);
    expect(list).toContain(`](${name})`);
    const text = readFileSync(join("docs/decisions", name), "utf8");
    expect(text).toMatch(new RegExp(`^# ${i + 1}\\. `));
    for (const part of ["Context", "Decision", "Consequence"]) expect(text).toContain(`**${part}.**`);
  }
});

test.each(["docs/architecture.md", "docs/backends.md"])("%s names every kind of plan", (path) => {
  const kinds = [
    ...readFileSync("packages/core/src/plan.ts", "utf8").matchAll(/^export interface \w+Plan .*?kind: "([\w-]+)"/gms),
  ];
  const rows = kinds.map(([, kind = ""]) => `| \`${kind}\` |`);
  expect(rows).toHaveLength(7);
  for (const row of rows) expect(read(path)).toContain(row);
});

test("paths that AGENTS.md and CONTRIBUTING.md name exist", () => {
  for (const path of ["AGENTS.md", "CONTRIBUTING.md"]) {
    const named = readFileSync(path, "utf8").matchAll(/`((?:packages|apps|tools|docs)\/[^`]*)`/g);
    expect([...named].map(([, each = ""]) => each).filter((each) => globSync(each).length === 0)).toEqual([]);
  }
});
