import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type ArrayReader, restOf, type ReaderShape } from "./array-reader.ts";
import { FormatError } from "./format-error.ts";
import { openArrays, type Opening } from "./formats.ts";
import { attempt, STDIN } from "./open-bytes.ts";

/**
 * The files that a pattern means: `*` and `?` in the file's name, not in its folder. Numbers in names count as numbers, so
 * that shard-10 comes after shard-9.
 * @throws FormatError if there is none
 */
export function filesOf(pattern: string): readonly string[] {
  const name = basename(pattern);
  if (pattern === STDIN || !/[*?]/.test(name) || existsSync(pattern)) return [pattern];
  const folder = dirname(pattern);
  const source = name
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const matches = new RegExp(`^${source}$`, "s");
  const names = attempt(pattern, () => readdirSync(folder)).filter(
    (each) => matches.test(each) && !each.startsWith("."),
  );
  if (names.length === 0) throw new FormatError(pattern, "no file has such a name");
  const order = new Intl.Collator("en", { numeric: true });
  return names
    .toSorted((a, b) => order.compare(a, b))
    .map((each) => (pattern.startsWith(folder) ? join(folder, each) : each));
}

/**
 * Opens what `openArrays` does, from one file or from all that a pattern means, one after the other along the first axis.
 * Headers are read at once, so that files that do not go together are refused before anything is computed.
 * @throws FormatError
 */
export async function openShards(opening: Opening): Promise<readonly ArrayReader[]> {
  const files = filesOf(opening.file);
  const [first] = files;
  if (first === undefined || files.length === 1) return openArrays({ ...opening, file: first ?? opening.file });
  const shapes = await shapesOf(files, opening);
  const shards = files.map((file) => new Shard({ ...opening, file }));
  return opening.wishes.map((_, wish) => concatenated(opening.file, wish, shards, shapes[wish]));
}

interface Known {
  readonly shape: ReaderShape;
  readonly dtype: ArrayReader["dtype"];
  readonly text: boolean;
}

/** The whole's shape for each wish. */
async function shapesOf(files: readonly string[], opening: Opening): Promise<readonly Known[]> {
  let known: readonly Known[] | undefined;
  for (const file of files) {
    const readers = await openArrays({ ...opening, file });
    for (const reader of readers) reader.close();
    known = known === undefined ? readers : known.map((all, wish) => joined(all, readers[wish], file));
  }
  return known ?? [];
}

function joined(all: Known, next: ArrayReader | undefined, file: string): Known {
  if (next === undefined) throw new TypeError("every shard gives a reader for each wish");
  const [shape, nextShape] = [restOf(all.shape), restOf(next.shape)];
  if (all.shape.length === 0 || next.shape.length === 0) {
    throw new FormatError(next.name, "a shard must have an axis of rows; this is a scalar");
  }
  if (String(shape) !== String(nextShape) || all.dtype !== next.dtype) {
    const required = `${all.dtype} rows of [${shape.join(", ")}], as in the first shard, required`;
    throw new FormatError(file, `${required}; got ${next.dtype} rows of [${nextShape.join(", ")}]`);
  }
  const [a, b] = [all.shape[0], next.shape[0]];
  return { ...all, shape: [a === undefined || b === undefined ? undefined : a + b, ...shape] };
}

/** A file that is opened when the first of its readers is asked for, and closed with the last. */
class Shard {
  readonly #opening: Opening;
  #readers: Promise<readonly ArrayReader[]> | undefined;

  constructor(opening: Opening) {
    this.#opening = opening;
  }

  async reader(wish: number): Promise<ArrayReader> {
    this.#readers ??= openArrays(this.#opening);
    const reader = (await this.#readers)[wish];
    if (reader === undefined) throw new TypeError("every shard gives a reader for each wish");
    return reader;
  }

  async close(wish: number): Promise<void> {
    (await this.#readers)?.[wish]?.close();
  }
}

function concatenated(name: string, wish: number, shards: readonly Shard[], known: Known | undefined): ArrayReader {
  if (known === undefined) throw new TypeError("the shape of every wish is known");
  let at = 0;
  return {
    name,
    dtype: known.dtype,
    shape: known.shape,
    text: known.text,
    async read(into) {
      for (let shard = shards[at]; shard !== undefined; shard = shards[++at]) {
        const count = await (await shard.reader(wish)).read(into);
        if (count > 0) return count;
        await shard.close(wish);
      }
      return 0;
    },
    close() {
      shards[at]?.close(wish).catch(() => undefined); // what could not be opened was thrown to who read
    },
  };
}
