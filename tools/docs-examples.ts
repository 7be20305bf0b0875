import { globSync, readFileSync } from "node:fs";

/** A TypeScript example of the documentation. */
export interface Example {
  readonly path: string;
  /** Line of its first line of code, counted from 1. */
  readonly line: number;
  readonly code: string;
}

const PLACES = [
  "README.md",
  "CONTRIBUTING.md",
  "docs/{,decisions/}*.md", // not docs/api, which is written by a program
  "{packages,apps,examples}/*/README.md",
  "packages/{core,wasm,gpu}/src/**/*.ts",
  "apps/conformance/src/{,report/}*.ts",
];
const OPENING = /^(?: *\* )?```ts$/;
const CLOSING = /^(?: *\* )?```$/;
const PREFIX = /^ *\* ?/;

/** Every block fenced as `ts` in the repository's documents, and in the docstrings of its packages. */
export function allExamples(): Example[] {
  const paths = globSync(PLACES).filter((path) => !path.endsWith(".test.ts") && !path.includes("node_modules"));
  return paths.toSorted().flatMap((path) => examplesOf(path, readFileSync(path, "utf8")));
}

/** The blocks fenced as `ts` in one text. */
export function examplesOf(path: string, text: string): Example[] {
  const examples: Example[] = [];
  let start: number | undefined;
  const lines = text.split("\n");
  for (const [i, line] of lines.entries()) {
    if (start === undefined && OPENING.test(line)) start = i + 1;
    else if (start !== undefined && CLOSING.test(line)) {
      const inside = lines.slice(start, i);
      const code = path.endsWith(".md") ? inside : inside.map((each) => each.replace(PREFIX, ""));
      examples.push({ path, line: start + 1, code: `${code.join("\n")}\n` });
      start = undefined;
    }
  }
  if (start !== undefined) throw new Error(`${path}:${start} opens a block of code and does not close it`);
  return examples;
}

/** What a line that prints promises to print, and the text it stands for. */
export interface Promised {
  readonly line: number;
  /** Undefined where nothing is promised. */
  readonly text: string | undefined;
}

/** The lines of an example that print, in order: `console.log(x); // text` and `await x.print(); // text`. */
export function promisesOf({ code, line }: Example): Promised[] {
  return code.split("\n").flatMap((each, i) => {
    const printing = /(?:\bconsole\.log\(|\.print\(\)).*?(?:;\s*\/\/ (.+))?$/.exec(each);
    return printing === null ? [] : [{ line: line + i, text: printing[1] }];
  });
}

/** Whether a printed text is the promised one, spaces and line breaks aside; after `…` anything may follow. */
export function keeps(printed: string, promised: string): boolean {
  const bare = (text: string): string => text.replaceAll(/\s+/g, "");
  const expected = bare(promised);
  return expected.endsWith("…") ? bare(printed).startsWith(expected.slice(0, -1)) : bare(printed) === expected;
}
