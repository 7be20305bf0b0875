import type { DType } from "@surprisal/core";
import { type ArrayReader, type Elements, type ReaderShape, rowSizeOf } from "./array-reader.ts";
import { FormatError } from "./format-error.ts";
import type { Wanted } from "./members.ts";

/** One thing that a table is asked for: a column, or several that stand side by side, as the classes of logits do. */
export interface TableColumn {
  /** What it was asked for by, for messages. */
  readonly label: string;
  readonly dtype: DType;
  readonly shape: ReaderShape;
}

/** Some rows of what was asked for, in the order of the wishes. */
export interface TableBatch {
  readonly rows: number;
  readonly columns: readonly Elements[];
}

/** A table in a file, read front to back in batches of rows. */
export interface Table {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  /** Whether its numbers are written as text. */
  readonly text: boolean;
  /** The next rows; undefined at the end. */
  next(): Promise<TableBatch | undefined>;
  close(): void;
}

/**
 * The columns of a table as arrays. They are read in step: what one has read and another has not is kept in memory, which
 * is never more than a batch while they are read by turns.
 * @throws FormatError for columns without a number in them
 */
export function arraysOfTable(table: Table): readonly ArrayReader[] {
  for (const { label, shape } of table.columns) {
    if (rowSizeOf(shape) === 0) throw new FormatError(table.name, `${label}: at least one number in a row required`);
  }
  const waiting: Elements[][] = table.columns.map(() => []);
  let open = table.columns.length;
  return table.columns.map(({ label, dtype, shape }, column) => ({
    name: label === "" ? table.name : `${table.name}, ${label}`,
    dtype,
    shape,
    text: table.text,
    async read(into) {
      const queue = waiting[column] ?? [];
      if (queue.length === 0) {
        const batch = await table.next();
        batch?.columns.forEach((elements, each) => waiting[each]?.push(elements));
      }
      const [first] = queue;
      if (first === undefined) return 0;
      const count = Math.min(first.length, into.length);
      into.set(first.subarray(0, count) as never);
      if (count === first.length) queue.shift();
      else queue[0] = first.subarray(count);
      return count;
    },
    close() {
      open--;
      if (open === 0) table.close();
    },
  }));
}

/** The columns that a wish means, by number; `single`: it is one column named by itself, whose items are scalars. */
export interface ChosenColumns {
  readonly numbers: readonly number[];
  readonly single: boolean;
}

/**
 * The columns that each wish means: a name; names with commas between; `*` for any part of a name; all that no other wish means where
 * nothing is said.
 *
 * @throws FormatError that lists the columns there are, or for a column that two wishes mean
 */
export function chooseColumns(
  columnNames: readonly (string | null | undefined)[],
  wishes: readonly Wanted[],
  file: string,
): readonly ChosenColumns[] {
  const names = columnNames.map((each) => each ?? "");
  const taken = new Map<number, Wanted>();
  const named = wishes.map((wish) => {
    if (wish.name === undefined) return undefined;
    const chosen = columnsNamed(names, wish.name, wish.option, file);
    for (const column of chosen.numbers) {
      const other = taken.get(column);
      if (other !== undefined && other !== wish) throw meantTwice(names[column] ?? "", [other, wish], file);
      taken.set(column, wish);
    }
    return chosen;
  });
  const others = [...names.keys()].filter((column) => !taken.has(column));
  return named.map((each) => each ?? { numbers: others, single: others.length === 1 });
}

function columnsNamed(names: readonly string[], name: string, option: string, file: string): ChosenColumns {
  const exact = names.indexOf(name);
  if (exact >= 0) return { numbers: [exact], single: true };
  const numbers = name.split(",").flatMap((part) => {
    const matches = matcherOf(part.trim());
    const found = names.flatMap((each, column) => (matches(each) ? [column] : []));
    if (found.length > 0) return found;
    throw new FormatError(file, `no column ${JSON.stringify(part)} (${option}); it has ${shownNames(names)}`);
  });
  return { numbers, single: false };
}

function meantTwice(column: string, wishes: readonly Wanted[], file: string): FormatError {
  const both = wishes.map(({ name = "", option }) => `${option} ${JSON.stringify(name)}`).join(" and ");
  return new FormatError(file, `a column can be one thing; ${JSON.stringify(column)} is meant by ${both}`);
}

/** Whether a name is a pattern with `*` in it for any characters. */
export function matcherOf(pattern: string): (name: string) => boolean {
  if (!pattern.includes("*")) return (name) => name === pattern;
  const [first = "", ...rest] = pattern.split("*");
  return (name) => {
    if (!name.startsWith(first)) return false;
    let at = first.length;
    for (const [i, part] of rest.entries()) {
      const found = i === rest.length - 1 ? Math.max(name.length - part.length, at) : name.indexOf(part, at);
      if (found < 0 || !name.startsWith(part, found)) return false;
      at = found + part.length;
    }
    return true;
  };
}

function shownNames(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => name.slice(0, 40));
  return shown.join(", ") + (names.length > 8 ? ` and ${names.length - 8} more` : "");
}

/** What a wish has been found to be. */
export interface FoundColumns {
  readonly label: string;
  readonly columns: number;
  /** As of `chooseColumns`. */
  readonly single: boolean;
  /** Sizes of the lists in a column; none for plain numbers. */
  readonly lists: readonly number[];
}

/**
 * The shape of a wish: the number of rows is not known, a row is a column's list or so many columns of numbers.
 * @throws FormatError for several columns of lists
 */
export function shapeOfColumns({ label, columns, single, lists }: FoundColumns, file: string): ReaderShape {
  if (columns > 1 && lists.length > 0) {
    const message = "one column of lists, or several of numbers, required; got several of lists";
    throw new FormatError(file, `${label}: ${message}`);
  }
  return [undefined, ...(single || lists.length > 0 ? lists : [columns])];
}

/** The label of a wish in messages. */
export function labelOf(wish: Wanted | undefined): string {
  return wish?.name === undefined ? "" : `column ${wish.name}`;
}
