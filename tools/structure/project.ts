import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";

/** Something that breaks a rule, where it stands and what to do about it. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

/** Looks at all files and names what breaks it. */
export type Rule = (project: Project) => Violation[];

/** The files of the repository: text by path, relative to the root, with `/`. */
export class Project {
  readonly files: ReadonlyMap<string, string>;
  readonly #syntax = new Map<string, ts.SourceFile>();

  constructor(files: Readonly<Record<string, string>>) {
    this.files = new Map(Object.entries(files));
  }

  /** Paths of the files that match. */
  paths(pattern: RegExp): string[] {
    return [...this.files.keys()].filter((path) => pattern.test(path)).toSorted();
  }

  text(path: string): string {
    return this.files.get(path) ?? "";
  }

  /** The syntax tree of a TypeScript file. */
  syntax(path: string): ts.SourceFile {
    const known = this.#syntax.get(path);
    if (known !== undefined) return known;
    const parsed = ts.createSourceFile(path, this.text(path), ts.ScriptTarget.ESNext, true);
    this.#syntax.set(path, parsed);
    return parsed;
  }
}

/** Source files of packages, apps and examples, tests among them. */
export const SOURCES = /^(packages|apps|examples)\/[^/]+\/src\/.*\.ts$/;

/** Tests may do what sources may not. */
export function isTest(path: string): boolean {
  return path.endsWith(".test.ts");
}

/** `packages/core` for a file in it. */
export function packageOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

/** The line, counted from 1, on which a node begins. */
export function lineOf(node: ts.Node): number {
  const file = node.getSourceFile();
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

/** Calls `visit` for a node and everything below it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** Reads all text files under a folder, without .git and what the root's .gitignore names. */
export function readProject(root: string): Project {
  const ignored = new Set([".git", ...ignoredNames(root)]);
  const files: Record<string, string> = {};
  const read = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (ignored.has(entry.name)) continue;
      if (entry.isDirectory()) read(path);
      if (!entry.isFile()) continue;
      const text = readFileSync(join(root, path), "utf8");
      if (!text.includes("\0")) files[path] = text;
    }
  };
  read("");
  return new Project(files);
}

/** Lines without a wildcard or a slash: names of files and folders, at any depth. */
function ignoredNames(root: string): string[] {
  const lines = readFileSync(join(root, ".gitignore"), "utf8").split("\n");
  return lines.filter((line) => /^[\w.-]+$/.test(line));
}
