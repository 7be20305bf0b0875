import type { Bytes } from "./bytes.ts";
import { FormatError } from "./format-error.ts";
import { type Line, Lines } from "./lines.ts";
import { listed, type Wanted } from "./members.ts";
import { fillNested, sizesOf } from "./nested.ts";
import { rowSizeOf, type ReaderShape } from "./array-reader.ts";
import { labelOf, type Table, type TableBatch } from "./table.ts";

const BATCH_BYTES = 256 * 2 ** 10;
/** Python writes these bare, which JSON does not know. */
const BARE_WORD = /(?<=[[:,\s]|^)(-?Infinity|NaN)(?=[\],}\s]|$)/g;
const WORDS: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  [true, 1],
  [false, 0],
]);

/**
 * Opens text with one JSON value a line: an object, of which keys are asked for, or what is wanted itself. That is a
 * number, or an array of numbers of the same sizes on every line; NaN and Infinity may be bare, or strings.
 *
 * @throws FormatError with the line
 */
export async function openJsonl(bytes: Bytes, wishes: readonly Wanted[]): Promise<Table> {
  const { name } = bytes;
  const lines = new Lines(bytes);
  let pending = await nextValue(lines, name);
  if (pending === undefined) throw new FormatError(name, "a line of JSON required; it is empty");
  const shapes = wishes.map((wish) => sizesOf(valueAt(pending, wish, name)));
  const columns = wishes.map((wish, i) => {
    const shape: ReaderShape = [undefined, ...(shapes[i] ?? [])];
    return { label: labelOf(wish), dtype: "f64", shape } as const;
  });
  const sizes = columns.map(({ shape }) => rowSizeOf(shape));
  const batchRows = Math.max(1, Math.floor(BATCH_BYTES / 8 / sizes.reduce((sum, size) => sum + size, 1)));
  return {
    name,
    text: true,
    columns,
    async next(): Promise<TableBatch | undefined> {
      const arrays = sizes.map((size) => new Float64Array(size * batchRows));
      let rows = 0;
      for (; rows < batchRows && pending !== undefined; rows++, pending = await nextValue(lines, name)) {
        for (const [i, wish] of wishes.entries()) {
          const error = (problem: string): FormatError =>
            new FormatError(name, `${whereIs(pending, wish)}: ${problem}`);
          const [into = new Float64Array(), shape = [], size = 0] = [arrays[i], shapes[i], sizes[i]];
          fillNested({ into, at: rows * size, shape, element, error }, valueAt(pending, wish, name));
        }
      }
      return rows === 0
        ? undefined
        : { rows, columns: arrays.map((each, i) => each.subarray(0, rows * (sizes[i] ?? 0))) };
    },
    close: () => bytes.close(),
  };
}

interface Parsed {
  readonly value: unknown;
  readonly line: number;
}

/** Blank lines are left out, as they hold no value. */
async function nextValue(lines: Lines, file: string): Promise<Parsed | undefined> {
  for (;;) {
    let line = lines.next();
    if (line instanceof Promise) line = await line;
    if (line === undefined) return undefined;
    const text = textOf(line);
    if (text.trim() !== "") return { value: parse(text, line.number, file), line: line.number };
  }
}

function textOf({ buffer, start, end }: Line): string {
  return Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString("utf8");
}

function parse(text: string, line: number, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const quoted = text.replaceAll(BARE_WORD, '"$1"');
    if (quoted !== text) return parse(quoted, line, file);
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(file, `line ${line}: JSON required; ${problem}`, undefined, { cause });
  }
}

function valueAt(parsed: Parsed | undefined, { name, option }: Wanted, file: string): unknown {
  const value = parsed?.value;
  const object = typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  if (name === undefined) {
    if (object === undefined) return value;
    throw new FormatError(file, `${option} must name a key; the objects have ${listed(Object.keys(object))}`);
  }
  if (object !== undefined && Object.hasOwn(object, name)) return (object as Record<string, unknown>)[name];
  const has = object === undefined ? "it is no object" : `it has ${listed(Object.keys(object))}`;
  throw new FormatError(file, `line ${parsed?.line}: no key ${JSON.stringify(name)} (${option}); ${has}`);
}

function whereIs(parsed: Parsed | undefined, { name }: Wanted): string {
  return `line ${parsed?.line}${name === undefined ? "" : `, key ${JSON.stringify(name)}`}`;
}

function element(value: unknown): number | undefined {
  return typeof value === "number" ? value : WORDS.get(value);
}
