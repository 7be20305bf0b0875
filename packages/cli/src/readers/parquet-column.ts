import { FormatError } from "./format-error.ts";
import { blockSize, checkLevels, sizesOfFirstRow } from "./parquet-levels.ts";
import { type ParquetFile, parquetPages } from "./parquet-pages.ts";
import type { ParquetLeaf } from "./parquet-schema.ts";
import { type ParquetValues, parquetValues, type Target } from "./parquet-values.ts";

/** A column of numbers, or of lists that have the same sizes in every row, front to back. */
export interface ParquetColumn {
  /** Sizes of the lists, told by the first row; none for plain numbers. */
  readonly sizes: readonly number[];
  /** Puts the next `count` numbers where they are wanted. @throws FormatError */
  take(count: number, target: Omit<Target, "error">): Promise<void>;
  /** @throws FormatError if there are more */
  end(): Promise<void>;
}

/** Opens a column: its first row is looked at. @throws FormatError */
export async function openParquetColumn(file: ParquetFile, leaf: ParquetLeaf): Promise<ParquetColumn> {
  const { name } = file.bytes;
  const source = { file, leaf, memory: { unpacked: new Uint8Array(0) } };
  const sizes = leaf.depth === 0 ? [] : await sizesOfFirstRow(parquetPages(source), leaf, name);
  const pages = parquetPages(source);
  const rowSize = blockSize(sizes, 0);
  let values: ParquetValues | undefined;
  let taken = 0;
  let left = 0;
  /** Numbers of the file up to the ends of the page and of its row group. */
  let position = 0;
  let groupEnd = 0;

  /** The next page; whether there is one. */
  async function load(): Promise<boolean> {
    values = undefined; // its memory is free before more is taken
    const page = (await pages.next()).value ?? undefined;
    if (page === undefined || page.group.start * rowSize >= groupEnd) checkGroupEnd();
    if (page === undefined) return false;
    groupEnd = page.group.end * rowSize;
    checkLevels(page, { leaf, sizes, position, room: groupEnd - position, file: name });
    values = parquetValues(page, leaf, name);
    left = page.entries;
    position += left;
    return true;
  }

  function checkGroupEnd(): void {
    if (position !== groupEnd) throw missing(groupEnd);
  }

  function missing(required: number): FormatError {
    const column = `column ${JSON.stringify(leaf.column)}`;
    return new FormatError(
      name,
      `${column}: ${required} numbers required up to the end of a row group; got ${position}`,
    );
  }

  function errorAt(index: number, problem: string): FormatError {
    const row = Math.floor((taken + index) / rowSize);
    return new FormatError(name, `row ${row}, column ${JSON.stringify(leaf.column)}: ${problem}`);
  }

  return {
    sizes,
    async take(count, { into, offset, stride }) {
      for (let done = 0; done < count;) {
        while (left === 0) if (!(await load())) throw missing(position + count - done);
        const part = Math.min(left, count - done);
        await values?.take(part, { into, offset: offset + done * stride, stride, error: errorAt });
        left -= part;
        done += part;
        taken += part;
      }
    },
    async end() {
      while (left === 0 && (await load()));
    },
  };
}
