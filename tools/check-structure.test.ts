import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Project, readProject } from "./structure/project.ts";
import { checkStructure, describeViolation } from "./structure/rules.ts";

type Files = Readonly<Record<string, string>>;

// A small repository that keeps every rule. Each test breaks one of them.
const GOOD: Files = {
  "README.md": "What it is. A worker in src/work/ does /workgroup things; see ../shared-memory.md\n",
  "docs/decisions/long-files.md": "| file | reason |\n| --- | --- |\n| `packages/core/src/long.ts` | one table |\n",
  "packages/core/package.json": "{}",
  "packages/core/src/index.ts": `export type { Shape } from "./shape.ts";
export { sum, sumWithGrad } from "./sum.ts";
export { LIMIT as MAXIMUM } from "./shape.ts";
export { isShape, nothing } from "./shape.ts";
`,
  "packages/core/src/shape.ts": `import type { sum } from "./sum.ts";
/** Sizes. */
export interface Shape { of: typeof sum }
/** The largest. */
export const LIMIT = 8;
/** Whether it is one. @example \`isShape(1)\` */
export function isShape(value: unknown): value is Shape { return value !== undefined; }
/** Nothing at all. @example \`nothing()\` */
export function nothing(): void {}
`,
  "packages/core/src/sum.ts": `import { LIMIT } from "./shape.ts";
/**
 * The sum.
 * @throws ShapeError
 * @example
 * sum(1);
 */
export function sum(a: number): number;
export function sum(a: string): number;
export function sum(a: number | string): number {
  try { return Number(a) + LIMIT; } catch (error) { throw new Error("no", { cause: error }); }
}
/** And its gradient. @throws ShapeError */
export function sumWithGrad(a: number): number { return a; }
`,
  "packages/core/src/sum.test.ts": `import { readFileSync } from "node:fs";
import { inner } from "../../wasm/src/inner.ts";
import { test } from "vitest";
test("a", () => { Math.random(); inner(readFileSync); });
`,
  "packages/core/src/long.ts": "\n".repeat(301),
  "packages/core/src/long.test.ts": "\n".repeat(400),
  "packages/core/src/tables.generated.ts": "\n".repeat(400),
  "packages/wasm/src/index.ts": 'export { inner } from "./inner.ts";\n',
  "packages/wasm/src/inner.ts": `import { BackendError, type Plan } from "@surprisal/core";
import type { Tensor } from "@surprisal/core";
/** Inner. @throws BackendError @example \`inner()\` */
export function inner(_: unknown): Tensor | Plan { throw new BackendError(); }
`,
  "packages/gpu/src/device.ts": `const dawn = await import("webgpu");\n`,
  "packages/cli/package.json": '{ "dependencies": { "commander": "1" } }',
  "packages/cli/src/main.ts": `import { crossEntropy } from "@surprisal/core";
import { Command } from "commander";
import { open } from "node:fs/promises";
`,
  "apps/bench/package.json": "{}",
  "apps/bench/src/main.ts": `import { gpu } from "@surprisal/gpu";\n`,
  "examples/head/package.json": "{}",
  "examples/head/src/main.ts": `import { wasm } from "@surprisal/wasm";\n`,
};

function complaints(changed: Files): string[] {
  return checkStructure(new Project({ ...GOOD, ...changed })).map(describeViolation);
}

/** The one complaint about a changed file. */
function complaint(path: string, text: string): string {
  const found = complaints({ [path]: text });
  expect(found).toHaveLength(1);
  return found[0] ?? "";
}

test("the control case keeps every rule", () => {
  expect(complaints({})).toEqual([]);
});

describe("layers", () => {
  test.each([
    ["core takes a dependency", "packages/core/src/a.ts", 'import x from "lodash";', "nothing outside itself"],
    ["core takes a module of Node", "packages/core/src/a.ts", 'import fs from "node:fs";', "nothing outside itself"],
    [
      "core imports by its own name",
      "packages/core/src/a.ts",
      'import { a } from "@surprisal/core";',
      "outside itself",
    ],
    ["core imports a type", "packages/core/src/a.ts", 'import type { A } from "lodash";', "nothing outside itself"],
    ["core imports on the way", "packages/core/src/a.ts", 'await import("lodash");', "nothing outside itself"],
    ["core names a type in place", "packages/core/src/a.ts", 'type A = import("lodash").A;', "nothing outside itself"],
    ["core passes a name on", "packages/core/src/a.ts", 'export { a } from "lodash";', "nothing outside itself"],
    ["wasm uses an operation", "packages/wasm/src/a.ts", 'import { softmax } from "@surprisal/core";', "not softmax"],
    ["wasm takes all of core", "packages/wasm/src/a.ts", 'import * as core from "@surprisal/core";', "not *"],
    ["gpu takes a module of Node", "packages/gpu/src/a.ts", 'import fs from "node:fs";', "only @surprisal/core"],
    ["gpu imports wasm", "packages/gpu/src/a.ts", 'import { wasm } from "@surprisal/wasm";', "only @surprisal/core"],
    ["wasm takes the peer of gpu", "packages/wasm/src/a.ts", 'await import("webgpu");', "only @surprisal/core"],
    ["cli takes what it does not list", "packages/cli/src/a.ts", 'import x from "lodash";', "package.json lists"],
    [
      "an example imports the cli",
      "examples/head/src/a.ts",
      'import { x } from "@surprisal/cli";',
      "package.json lists",
    ],
    ["an app imports the cli", "apps/bench/src/a.ts", 'import { x } from "@surprisal/cli";', "package.json lists"],
    [
      "an inner file by name",
      "packages/cli/src/a.ts",
      'import { x } from "@surprisal/core/src/x.ts";',
      "is an inner file",
    ],
    [
      "an inner file by path",
      "packages/cli/src/a.ts",
      'import { x } from "../../core/src/x.ts";',
      "of another package",
    ],
    ["a package without a layer", "packages/new/src/a.ts", 'import { x } from "./b.ts";', "has no layer yet"],
  ])("%s", (_, path, text, message) => {
    expect(complaint(path, `\n${text}\n`)).toMatch(`${path}:2 layers: `);
    expect(complaint(path, `\n${text}\n`)).toContain(message);
  });
});

describe("cycles", () => {
  test("two files that use each other", () => {
    const found = complaint(
      "packages/core/src/shape.ts",
      `import { sum } from "./sum.ts";\n${GOOD["packages/core/src/shape.ts"]}`,
    );
    expect(found).toMatch(/^packages\/core\/src\/\w+\.ts:1 cycles: import cycle /);
    expect(found).toContain("packages/core/src/sum.ts → packages/core/src/shape.ts");
  });

  test("three, by a re-export, and a file that imports itself", () => {
    const round = { "a.ts": "./b.ts", "b.ts": "./c.ts", "c.ts": "./a.ts", "self.ts": "./self.ts" };
    const files: Record<string, string> = {};
    for (const [name, to] of Object.entries(round)) files[`apps/bench/src/${name}`] = `export { x } from "${to}";`;
    expect(complaints(files)).toEqual([
      expect.stringContaining("a.ts → apps/bench/src/b.ts → apps/bench/src/c.ts → apps/bench/src/a.ts"),
      expect.stringContaining("self.ts → apps/bench/src/self.ts"),
    ]);
  });
});

describe("long-files", () => {
  test("300 lines are fine, 301 are not", () => {
    expect(complaints({ "tools/a.ts": "\n".repeat(300) })).toEqual([]);
    expect(complaint("tools/a.ts", "\n".repeat(301))).toMatch("tools/a.ts:301 long-files: 301 lines");
    expect(complaint("examples/head/src/a.ts", "\n".repeat(301))).toMatch("a.ts:301 long-files: 301 lines");
  });

  test("a reason that is not needed any more", () => {
    const found = complaint("packages/core/src/long.ts", "\n");
    expect(found).toMatch("docs/decisions/long-files.md:3 long-files: packages/core/src/long.ts is not over");
  });

  test("a row without a reason does not count", () => {
    expect(complaint("docs/decisions/long-files.md", "| `packages/core/src/long.ts` | |\n")).toMatch("long.ts:301");
  });
});

describe("documented", () => {
  const path = "packages/core/src/sum.ts";
  const good = GOOD[path] ?? "";

  test.each([
    [
      "no docstring",
      good.replace("/** And its gradient. @throws ShapeError */", ""),
      "sumWithGrad is public and has no",
    ],
    ["an empty docstring", good.replace("And its gradient. @throws ShapeError", "@throws X"), "sumWithGrad is public"],
    ["a comment that is not one", good.replace("/** And its", "/* And its"), "sumWithGrad is public"],
    ["no example", good.replace(" * @example\n * sum(1);\n", ""), "sum has no @example"],
    ["nothing about errors", good.replace(" * @throws ShapeError\n", ""), "sum has no @throws"],
  ])("%s", (_, text, message) => {
    expect(text).not.toBe(good);
    expect(complaint(path, text)).toMatch(new RegExp(`^${path}:\\d+ documented: ${message}`));
  });

  test("a type, a constant, and a twin without the function that shows it", () => {
    const shape = (GOOD["packages/core/src/shape.ts"] ?? "")
      .replace("/** Sizes. */", "")
      .replace("/** The largest. */", "");
    expect(complaints({ "packages/core/src/shape.ts": shape })).toEqual([
      expect.stringContaining("Shape is public and has no docstring"),
      expect.stringContaining("MAXIMUM is public and has no docstring"),
    ]);
    const index = 'export { sumWithGrad } from "./sum.ts";\n';
    expect(complaint("packages/core/src/index.ts", index)).toContain("sumWithGrad has no @example");
  });

  test("through a re-export, and a name that is nowhere", () => {
    const index = 'export { sum } from "./on.ts";\nexport { gone } from "./on.ts";\n';
    const on = 'export { sum } from "./sum.ts";\n';
    expect(complaints({ "packages/core/src/index.ts": index, "packages/core/src/on.ts": on })).toEqual([
      "packages/core/src/index.ts:1 documented: gone is not declared in packages/core/src/on.ts; export it from the file that declares it",
    ]);
  });
});

test.each([
  ["a constant", "export const a = 1;"],
  ["everything", 'export * from "./sum.ts";'],
  ["a namespace", 'export * as sums from "./sum.ts";'],
  ["an import", 'import "./sum.ts";'],
])("names-only: %s", (_, text) => {
  const index = `${GOOD["packages/wasm/src/index.ts"]}${text}\n`;
  expect(complaint("packages/wasm/src/index.ts", index)).toMatch("packages/wasm/src/index.ts:2 names-only: ");
});

// In pieces: this file is looked at too.
test.each([
  ["the folder beside the repository", ["see ..", "shared", "design"].join("/")],
  ["a folder of one machine", ["cd ", "work", "main"].join("/")],
  ["the same in a URL", ["file://", "work", "main"].join("/")],
  ["a registry", ["https://registry", "example", "org"].join(".")],
])("mentions: %s", (_, text) => {
  expect(complaint("docs/a.md", `First line.\n${text}\n`)).toMatch("docs/a.md:2 mentions: ");
});

test.each([
  ["an empty catch", "packages/core/src/a.ts", "try { a(); } catch { }", "an empty catch"],
  ["a catch with a comment", "packages/core/src/a.ts", "try { a(); } catch { /* fine */ }", "an empty catch"],
  ["something left for later", "packages/core/src/a.ts", "// TODO: more", "TODO in a source"],
  ["something known to be broken", "apps/bench/src/a.test.ts", "/* FIXME */", "FIXME in a source"],
  ["an unseeded number in an example", "examples/head/src/a.ts", "const a = Math.random();", "Math.random differs"],
  ["an unseeded number", "packages/cli/src/a.ts", "const a = Math.random();", "Math.random differs"],
  ["a test left out", "packages/core/src/a.test.ts", "test.skip('a', () => {});", "test.skip switches"],
  ["a test of an example left out", "examples/head/src/a.test.ts", "test.skip('a', () => {});", "test.skip switches"],
  ["a test left out by a condition", "tools/a.test.ts", "test.skipIf(true)('a', () => {});", "test.skipIf switches"],
  ["a group left out", "docs/a.test.ts", "describe.each([1]).skip('a', () => {});", ".skip switches"],
  ["one test alone", "packages/core/src/a.test.ts", "it.only('a', () => {});", "it.only switches"],
  ["a test to be written", "packages/core/src/a.test.ts", "test.todo('a');", "test.todo switches"],
])("banned: %s", (_, path, text, message) => {
  expect(complaint(path, `\n${text}\n`)).toMatch(`${path}:2 banned: `);
  expect(complaint(path, `\n${text}\n`)).toContain(message);
});

describe("the command", () => {
  const script = join(import.meta.dirname, "check-structure.ts");

  function folderOf(files: Files): string {
    const folder = mkdtempSync(join(tmpdir(), "structure-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  }

  test("reads what git keeps: not .git, not ignored folders, not binary files", () => {
    const ignored = { "packages/core/dist/a.js": "1", "node_modules/a/a.js": "1", ".git/config": "1", "a.bin": "a\0b" };
    const folder = folderOf({
      ".gitignore": "node_modules\ndist\n*.tgz\n",
      ".ci/run": "1",
      "docs/a.md": "1",
      ...ignored,
    });
    expect([...readProject(folder).files.keys()].toSorted()).toEqual([".ci/run", ".gitignore", "docs/a.md"]);
  });

  test("passes on the control case", () => {
    const folder = folderOf({ ...GOOD, ".gitignore": "node_modules\n" });
    expect(execFileSync(process.execPath, [script, folder], { encoding: "utf8" })).toContain("0 violations");
  });

  test("fails on a violation, and names it", () => {
    const folder = folderOf({ ...GOOD, ".gitignore": "", "packages/core/src/index.ts": "export const a = 1;\n" });
    const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toContain("packages/core/src/index.ts:1 names-only: ");
  });
});
