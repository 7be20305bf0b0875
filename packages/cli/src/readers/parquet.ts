import type { DType } from "@surprisal/core";
import { type FileMetaData, parquetMetadataAsync, parquetSchema, type SchemaTree } from "hyparquet";
import { type ArrayReader, type Elements, type ReaderShape, rowSizeOf, sizeOf } from "./array-reader.ts";
import { byRows } from "./by-rows.ts";
import type { SeekableBytes } from "./bytes.ts";
import { FormatError } from "./format-error.ts";
import { guarded } from "./guarded.ts";
import type { Wanted } from "./members.ts";
import { openParquetColumn, type ParquetColumn } from "./parquet-column.ts";
import { endOfStruct } from "./parquet-guard.ts";
import { bytesAt } from "./parquet-pages.ts";
import { type ParquetLeaf, parquetLeaf } from "./parquet-schema.ts";
import { chooseColumns, labelOf, shapeOfColumns } from "./table.ts";

const MAGIC = "PAR1";
const FOOTER_BYTES = 8;
const FOOTER_LIMIT = 64 * 2 ** 20;
/** Runs say in a few bytes how long a list is, and who evaluates has a row in memory as a whole. */
const MOST_NUMBERS = 2 ** 24;

/** A wish, as columns of the file. */
interface Choice {
  readonly label: string;
  readonly dtype: DType;
  readonly shape: ReaderShape;
  readonly columns: readonly ParquetColumn[];
}

/**
 * Opens columns of a Parquet file: of numbers, or of lists of numbers that have the same length in every row. Each is read by
 * itself, one page at a time.
 *
 * @throws FormatError, also for whatever the library throws
 */
export async function openParquet(bytes: SeekableBytes, wishes: readonly Wanted[]): Promise<readonly ArrayReader[]> {
  const choices = await guarded(bytes.name, "Parquet", () => choose(bytes, wishes));
  let open = choices.length;
  return choices.map((choice) =>
    readerOf(choice, bytes.name, () => {
      if (--open === 0) bytes.close();
    }),
  );
}

async function choose(bytes: SeekableBytes, wishes: readonly Wanted[]): Promise<readonly Choice[]> {
  const { name } = bytes;
  endOfStruct(footerOf(bytes));
  const slice = (start: number, end = bytes.size): ArrayBuffer => bytesAt(bytes, start, end - start).buffer;
  const metadata = await parquetMetadataAsync({ byteLength: bytes.size, slice }, { geoparquet: false });
  const rows = rowsOf(metadata, name);
  const { children } = parquetSchema(metadata);
  const fields = children.map((each) => each.element.name);
  const file = { bytes, metadata, held: 0 };
  const choices: Choice[] = [];
  for (const [i, { numbers, single }] of chooseColumns(fields, wishes, name).entries()) {
    const label = labelOf(wishes[i]);
    const leaves = numbers.map((column) => parquetLeaf(children[column] as SchemaTree, name));
    const dtype = dtypeOf(leaves, name);
    const columns: ParquetColumn[] = [];
    for (const leaf of leaves) columns.push(await openParquetColumn(file, leaf));
    const lists = columns.find(({ sizes }) => sizes.length > 0)?.sizes ?? [];
    const [, ...row] = shapeOfColumns({ label, columns: columns.length, single, lists }, name);
    const shape = [rows, ...row] as const;
    checkRow(rowSizeOf(shape), label, name);
    choices.push({ label, dtype, shape, columns });
  }
  return choices;
}

function checkRow(numbers: number, label: string, file: string): void {
  if (numbers === 0) throw new FormatError(file, `${label}: at least one number in a row required`);
  if (numbers <= MOST_NUMBERS) return;
  throw new FormatError(file, `${label}: rows of at most ${MOST_NUMBERS} numbers required; got ${numbers}`);
}

function readerOf({ label, dtype, shape, columns }: Choice, file: string, close: () => void): ArrayReader {
  const [first, ...others] = columns;
  let left = sizeOf(shape) ?? 0;
  const sideBySide = byRows(shape, dtype, async (into, rows) => {
    for (const [offset, column] of columns.entries()) await column.take(rows, { into, offset, stride: columns.length });
  });
  const next = async (into: Elements): Promise<number> => {
    if (others.length > 0) return sideBySide(into);
    const count = Math.min(left, into.length);
    await first?.take(count, { into, offset: 0, stride: 1 });
    return count;
  };
  return {
    name: label === "" ? file : `${file}, ${label}`,
    dtype,
    shape,
    text: false,
    read: (into) =>
      guarded(file, "Parquet", async () => {
        const count = await next(into);
        left -= count;
        if (count === 0) for (const column of columns) await column.end();
        return count;
      }),
    close,
  };
}

/** What columns hold, which has to be of one type. */
function dtypeOf(leaves: readonly ParquetLeaf[], file: string): DType {
  const dtypes = new Set(leaves.map(({ dtype }) => dtype));
  const [dtype, other] = dtypes;
  if (dtype !== undefined && other === undefined) return dtype;
  throw new FormatError(file, `columns of one type required; got ${[...dtypes].join(", ") || "no column"}`);
}

function rowsOf({ num_rows: rows, row_groups: groups }: FileMetaData, file: string): number {
  const sum = groups.reduce((total, each) => total + Number(each.num_rows), 0);
  if (Number(rows) === sum && Number.isSafeInteger(sum) && groups.every((each) => each.num_rows >= 0n)) return sum;
  throw new FormatError(file, `the footer says ${rows} rows; its row groups have ${sum}`);
}

function footerOf(bytes: SeekableBytes): Uint8Array {
  const least = 2 * MAGIC.length + FOOTER_BYTES;
  const last = new Uint8Array(FOOTER_BYTES);
  if (bytes.size >= least) bytes.readAt(bytes.size - FOOTER_BYTES, last);
  if (Buffer.from(last.subarray(4)).toString("latin1") !== MAGIC) {
    throw new FormatError(bytes.name, `truncated: a Parquet file ends with ${MAGIC}; this one does not`);
  }
  const length = new DataView(last.buffer).getUint32(0, true);
  if (length > FOOTER_LIMIT || length > bytes.size - least) {
    throw new FormatError(bytes.name, `a footer of ${length} bytes does not fit into a file of ${bytes.size}`);
  }
  return bytesAt(bytes, bytes.size - FOOTER_BYTES - length, length);
}
