import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { format } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { allExamples, type Example, examplesOf, keeps, promisesOf } from "./docs-examples.ts";

// Every example of the documentation is type-checked and run, and prints what it says it prints.

mkdirSync("node_modules/.cache", { recursive: true });
const FOLDER = resolve(mkdtempSync("node_modules/.cache/docs-examples-"));
const examples = allExamples();

/** Examples are modules of their own; under node_modules `.mts` says so. */
function fileOf({ path, line }: Example, extension: "mts" | "mjs"): string {
  return join(FOLDER, `${path.replaceAll(/[^\w]+/g, "-")}-${line}.${extension}`);
}

beforeAll(() => {
  const compilerOptions = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext };
  for (const example of examples) {
    writeFileSync(fileOf(example, "mts"), example.code);
    writeFileSync(fileOf(example, "mjs"), ts.transpileModule(example.code, { compilerOptions }).outputText);
  }
});

afterAll(() => rmSync(FOLDER, { recursive: true }));

test("there are examples in the docstrings and in the documents", () => {
  const places = examples.map(({ path }) => path);
  expect(places).toContain("README.md");
  expect(places).toContain("packages/core/README.md");
  expect(places).toContain("packages/core/src/cross-entropy.ts");
  expect(places.some((path) => path.startsWith("docs/"))).toBe(true);
});

test("all type-check", () => {
  const { config } = ts.readConfigFile("tsconfig.base.json", (path) => ts.sys.readFile(path)) as { config: object };
  const { options } = ts.convertCompilerOptionsFromJson((config as { compilerOptions: object }).compilerOptions, ".");
  const program = ts.createProgram(
    examples.map((example) => fileOf(example, "mts")),
    { ...options, noEmit: true, isolatedDeclarations: false, customConditions: ["@surprisal/source"] },
  );
  const errors = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const example = examples.find((each) => basename(fileOf(each, "mts")) === basename(file?.fileName ?? ""));
    const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
    const place = example === undefined ? file?.fileName : `${example.path}:${example.line + line}`;
    return `${place} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
  expect(errors).toEqual([]);
});

test.each(examples.map((example) => [`${example.path}:${example.line}`, example] as const))(
  "%s",
  async (_, example) => {
    const printed: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((...values) => void printed.push(format(...values)));
    try {
      await import(fileOf(example, "mjs"));
    } finally {
      log.mockRestore();
    }
    const promised = promisesOf(example);
    if (promised.every(({ text }) => text === undefined)) return;
    expect(printed, "one text per line that prints: loops promise nothing").toHaveLength(promised.length);
    const broken = promised.filter(({ text }, i) => text !== undefined && !keeps(printed[i] ?? "", text));
    expect(
      broken.map(({ line, text }) => `${example.path}:${line} promises ${text}`),
      printed.join("\n"),
    ).toEqual([]);
  },
);

describe("the reader of examples", () => {
  test("takes the code of a docstring and of a document, with its line", () => {
    const docstring = "/**\n * Text.\n * @example\n * ```ts\n * a(\n *   1,\n * );\n * ```\n */\n";
    expect(examplesOf("a.ts", docstring)).toEqual([{ path: "a.ts", line: 5, code: "a(\n  1,\n);\n" }]);
    const document = "Text.\n```ts\nfirst;\n```\n```sh\nno\n```\n```ts\nsecond;\n```\n";
    expect(examplesOf("a.md", document).map(({ line, code }) => [line, code])).toEqual([
      [3, "first;\n"],
      [9, "second;\n"],
    ]);
    expect(() => examplesOf("a.md", "```ts\nfirst;\n")).toThrow("a.md:1 opens a block");
  });

  test("finds what is promised", () => {
    const code =
      'a();\nconsole.log(a, "x"); // 1 x\nawait b.print(); // tensor([1])\nconsole.log(2);\n  console.log(3); // 3…\n';
    expect(promisesOf({ path: "a.md", line: 10, code })).toEqual([
      { line: 11, text: "1 x" },
      { line: 12, text: "tensor([1])" },
      { line: 13, text: undefined },
      { line: 14, text: "3…" },
    ]);
  });

  test("compares without regard to spaces, and to the end unless there is an ellipsis", () => {
    expect(keeps("[ [ 1, 0 ], [ 0, 1 ] ]", "[[1,0],[0,1]]")).toBe(true);
    expect(keeps("1.2075187", "1.2075…")).toBe(true);
    expect(keeps("1.2075187", "1.2075")).toBe(false);
    expect(keeps("1.1075187", "1.2075…")).toBe(false);
    expect(keeps("", "1")).toBe(false);
  });
});
