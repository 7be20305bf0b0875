import { globSync, readFileSync } from "node:fs";

/** A command that a document shows, and what it says that it prints. */
export interface Shown {
  readonly path: string;
  /** Its line in the document, counted from 1. */
  readonly line: number;
  readonly command: string;
  /** Undefined where no output is shown. */
  readonly output: string | undefined;
}

const DOCUMENTS = ["*.md", "docs/*.md", "{packages,apps,examples}/*/README.md"];

/** Every command of the documents: lines of blocks fenced as `sh`, and lines after `$` in blocks fenced as `console`. */
export function allShown(): Shown[] {
  return globSync(DOCUMENTS)
    .toSorted()
    .flatMap((path) => shownIn(path, readFileSync(path, "utf8")));
}

/** The commands of one document. */
export function shownIn(path: string, text: string): Shown[] {
  return blocksOf(text).flatMap(({ language, line, lines }): Shown[] => {
    if (language === "sh") {
      return lines.flatMap((command, i) =>
        command === "" ? [] : [{ path, line: line + i, command, output: undefined }],
      );
    }
    if (language !== "console") return [];
    const starts = lines.flatMap((each, i) => (each.startsWith("$ ") ? [i] : []));
    return starts.map((start, i) => ({
      path,
      line: line + start,
      command: (lines[start] ?? "").slice(2),
      output: lines.slice(start + 1, starts[i + 1]).join("\n"),
    }));
  });
}

/** An array that a document saves by NumPy. */
export interface Saved {
  readonly file: string;
  readonly shape: readonly number[];
  readonly dtype: "f4" | "f8" | "i8";
  readonly values: readonly number[];
}

/**
 * Arrays that blocks fenced as `python` save: `np.save("x.npy", np.array([[0.5, 1]], dtype=np.float32))`.
 * @throws Error for a line that saves something else
 */
export function savedIn(path: string, text: string): Saved[] {
  return blocksOf(text).flatMap(({ language, line, lines }) =>
    language !== "python"
      ? []
      : lines.flatMap((each, i) => (each.startsWith("np.save") ? [savedBy(each, `${path}:${line + i}`)] : [])),
  );
}

function savedBy(line: string, place: string): Saved {
  const [, file, literal = "", dtype] =
    /^np\.save\("([^"]+)", np\.array\((\[.*\])(?:, dtype=np\.(\w+))?\)\)$/.exec(line) ?? [];
  if (file === undefined) throw new Error(`${place} saves what this test cannot: ${line}`);
  const nested = JSON.parse(literal.replaceAll(/(\d)\.(?=[\],])/g, "$1.0")) as Nested[];
  const whole = /^[^.e]*$/.test(literal);
  return {
    file,
    shape: shapeOf(nested),
    values: nested.flat(Infinity as 1) as number[],
    dtype: dtype === "float32" ? "f4" : whole ? "i8" : "f8",
  };
}

type Nested = number | readonly Nested[];

function shapeOf(nested: Nested): number[] {
  return typeof nested === "number" ? [] : [nested.length, ...shapeOf(nested[0] ?? 0)];
}

interface Block {
  readonly language: string;
  /** Of its first line inside. */
  readonly line: number;
  readonly lines: readonly string[];
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ 1: language = "", 2: inside = "", index }) => ({
    language,
    line: text.slice(0, index).split("\n").length + 1,
    lines: inside.trimEnd().split("\n"),
  }));
}
