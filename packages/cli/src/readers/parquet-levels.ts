import { FormatError } from "./format-error.ts";
import type { ParquetPage } from "./parquet-pages.ts";
import { openRuns, type Runs, skipEqual } from "./parquet-runs.ts";
import type { ParquetLeaf } from "./parquet-schema.ts";

/**
 * The sizes of the lists in the first row, told by the first of each, as levels say: a list of depth d goes on with each entry
 * of repetition level d, and ends before one of a lower level.
 * @throws FormatError for a list that is null
 */
export async function sizesOfFirstRow(
  pages: AsyncIterable<ParquetPage>,
  leaf: ParquetLeaf,
  file: string,
): Promise<readonly number[]> {
  let sizes: number[] | undefined;
  let open = leaf.depth;
  for await (const { entries, repetition, definition } of pages) {
    if (repetition === undefined) return [];
    const runs = openRuns(repetition.bytes, repetition.width);
    for (let seen = 0; seen < entries;) {
      const level = runs.value();
      if (sizes !== undefined && level === 0) return sizes;
      const count = runs.skip(sizes === undefined ? 1 : entries - seen);
      seen += count;
      if (sizes === undefined) {
        sizes = sizesOfFirstEntry(definition && openRuns(definition.bytes, definition.width).value(), leaf, file);
        if (sizes.at(-1) === 0) open = sizes.length - 1;
      } else if (level <= open) {
        sizes[level - 1] = (sizes[level - 1] ?? 0) + count;
        open = level;
      }
    }
  }
  return sizes ?? [];
}

function sizesOfFirstEntry(level: number | undefined, leaf: ParquetLeaf, file: string): number[] {
  const { absent, around } = absentAt(leaf, level ?? leaf.steps.length);
  if (absent === "OPTIONAL" && around < leaf.depth) {
    throw new FormatError(file, `row 0, column ${JSON.stringify(leaf.column)}: an array required; got null`);
  }
  const sizes = Array.from({ length: absent === "REPEATED" ? around + 1 : leaf.depth }, () => 1);
  if (absent === "REPEATED") sizes[around] = 0;
  return sizes;
}

/** What a definition level says is absent, if anything, and how many lists are around it. */
function absentAt(
  { steps }: ParquetLeaf,
  level: number,
): { absent: ParquetLeaf["steps"][number] | undefined; around: number } {
  return { absent: steps[level], around: steps.slice(0, level).filter((step) => step === "REPEATED").length };
}

/** What the levels of a page have to say. */
export interface Requirement {
  readonly leaf: ParquetLeaf;
  readonly sizes: readonly number[];
  /** Entries of the file before the page. */
  readonly position: number;
  /** Entries that its row group has from there on. */
  readonly room: number;
  readonly file: string;
}

/** Checks that a page has lists of the required sizes, and no nulls. @throws FormatError */
export function checkLevels({ entries, repetition, definition }: ParquetPage, required: Requirement): void {
  const { leaf, sizes, position, room, file } = required;
  if (!(entries >= 0)) throw new FormatError(file, `corrupt: a page of ${entries} values`);
  const limit = Math.min(entries, room + 1);
  const lengths = repetition && openRuns(repetition.bytes, repetition.width);
  const nulls = definition && openRuns(definition.bytes, definition.width);
  const shaped = lengths ? entriesAsShaped(lengths, { sizes, position, limit }) : limit;
  const defined = nulls ? skipEqual(nulls, leaf.steps.length, limit) : limit;
  if (lengths !== undefined && shaped < limit && shaped <= defined) {
    throw otherLength(lengths.value(), position + shaped, required);
  }
  if (nulls !== undefined && defined < limit) throw missing(nulls.value(), position + defined, required);
  if (entries > room) {
    const message = `${room} more numbers required up to the end of a row group; got ${entries}`;
    throw new FormatError(file, `column ${JSON.stringify(leaf.column)}: ${message}`);
  }
}

interface Shaped {
  readonly sizes: readonly number[];
  readonly position: number;
  readonly limit: number;
}

/** How many entries are where lists of the sizes have theirs. */
function entriesAsShaped(runs: Runs, { sizes, position, limit }: Shaped): number {
  const inner = sizes.at(-1) ?? 1;
  if (blockSize(sizes, 0) === 1) return skipEqual(runs, 0, limit); // a run says any number of rows
  for (let seen = 0; seen < limit;) {
    const inList = (position + seen) % inner;
    const wanted = inList === 0 ? 1 : Math.min(inner - inList, limit - seen);
    const got = skipEqual(runs, levelAt(position + seen, sizes), wanted);
    seen += got;
    if (got < wanted) return seen;
  }
  return limit;
}

/** The repetition level of an entry: the depth of the list that goes on with it. */
function levelAt(position: number, sizes: readonly number[]): number {
  let depth = sizes.length;
  for (let block = sizes.at(-1) ?? 1; depth > 0 && position % block === 0; block *= sizes[depth - 1] ?? 1) depth--;
  return depth;
}

/** Numbers in a list of the given depth; in a row for depth 0. */
export function blockSize(sizes: readonly number[], depth: number): number {
  return sizes.slice(depth).reduce((product, size) => product * size, 1);
}

function otherLength(level: number, at: number, required: Requirement): FormatError {
  const { sizes } = required;
  const expected = levelAt(at, sizes);
  if (level > expected) return wrong(Math.max(at - 1, 0), `${listOf(sizes[level - 1])}; got a longer one`, required);
  const length = Math.floor(at / blockSize(sizes, expected)) % (sizes[expected - 1] ?? 1);
  return wrong(at, `${listOf(sizes[expected - 1])}; got one of ${length}`, required);
}

function missing(level: number, at: number, required: Requirement): FormatError {
  const { leaf, sizes } = required;
  const { absent, around } = absentAt(leaf, level);
  if (absent === "REPEATED") return wrong(at, `${listOf(sizes[around])}; got one of 0`, required);
  return wrong(at, `${around < leaf.depth ? listOf(sizes[around]) : "a number required"}; got null`, required);
}

function listOf(size: number | undefined): string {
  return `an array of ${size} required, as in the first row`;
}

function wrong(at: number, problem: string, { leaf, sizes, file }: Requirement): FormatError {
  const row = Math.floor(at / blockSize(sizes, 0));
  return new FormatError(file, `row ${row}, column ${JSON.stringify(leaf.column)}: ${problem}`);
}
