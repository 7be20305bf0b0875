import type { DType } from "@surprisal/core";
import { type FileMetaData, parquetMetadataAsync, parquetSchema, type SchemaTree } from "hyparquet";
import { type Elements, type ReaderShape, rowSizeOf } from "./array-reader.ts";
import type { SeekableBytes } from "./bytes.ts";
import { newElements } from "./elements.ts";
import { FormatError } from "./format-error.ts";
import { guarded } from "./guarded.ts";
import type { Wanted } from "./members.ts";
import { openParquetColumn, type ParquetColumn } from "./parquet-column.ts";
import { type ParquetLeaf, parquetLeaf } from "./parquet-schema.ts";
import { chooseColumns, labelOf, shapeOfColumns, type Table, type TableBatch } from "./table.ts";

const MAGIC = "PAR1";
const FOOTER_BYTES = 8;
const FOOTER_LIMIT = 64 * 2 ** 20;
/** Of the rows that are given at a time, at least one. */
const BATCH_BYTES = 4 * 2 ** 20;

/** A wish, as columns of the file. */
interface Choice {
  readonly label: string;
  readonly dtype: DType;
  readonly shape: ReaderShape;
  readonly columns: readonly ParquetColumn[];
}

/**
 * Opens a Parquet file: columns of numbers, or of lists of numbers that have the same length in every row. One page of each
 * column is in memory at a time.
 *
 * @throws FormatError, also for whatever the library throws
 */
export async function openParquet(bytes: SeekableBytes, wishes: readonly Wanted[]): Promise<Table> {
  const table = await guarded(bytes.name, "Parquet", () => open(bytes, wishes));
  return { ...table, next: () => guarded(bytes.name, "Parquet", () => table.next()) };
}

async function open(bytes: SeekableBytes, wishes: readonly Wanted[]): Promise<Table> {
  const { name } = bytes;
  checkFooter(bytes);
  const slice = (start: number, end: number = bytes.size): ArrayBuffer => sliceOf(bytes, start, end);
  const metadata = await parquetMetadataAsync({ byteLength: bytes.size, slice });
  const rows = rowsOf(metadata, name);
  const { children } = parquetSchema(metadata);
  const fields = children.map((each) => each.element.name);
  const chosen = chooseColumns(fields, wishes, name).map(({ numbers, single }) => {
    const leaves = numbers.map((column) => parquetLeaf(children[column] as SchemaTree, name));
    return { single, leaves, dtype: dtypeOf(leaves, name) };
  });
  const file = { bytes, metadata, held: 0, packed: new Uint8Array(0) };
  const choices = chosen.map(({ single, leaves, dtype }, i): Choice => {
    const label = labelOf(wishes[i]);
    const columns = leaves.map((leaf) => openParquetColumn(file, leaf));
    const lists = columns.find(({ sizes }) => sizes.length > 0)?.sizes ?? [];
    const [, ...row] = shapeOfColumns({ label, columns: columns.length, single, lists }, name);
    return { label, dtype, shape: [rows, ...row], columns };
  });
  const most = rowsOfBatch(choices);
  let row = 0;
  return {
    name,
    text: false,
    columns: choices,
    next(): Promise<TableBatch | undefined> {
      const count = Math.min(most, rows - row);
      row += count;
      if (count > 0) return Promise.resolve({ rows: count, columns: choices.map((each) => elementsOf(each, count)) });
      for (const column of choices.flatMap(({ columns }) => columns)) column.end();
      return Promise.resolve(undefined);
    },
    close: () => bytes.close(),
  };
}

function rowsOfBatch(choices: readonly Choice[]): number {
  const bytes = choices.map(({ dtype, shape }) => rowSizeOf(shape) * newElements(dtype, 0).BYTES_PER_ELEMENT);
  return Math.max(Math.floor(BATCH_BYTES / Math.max(...bytes)), 1);
}

/** The next rows; those of several columns lie side by side. */
function elementsOf({ dtype, shape, columns }: Choice, rows: number): Elements {
  const into = newElements(dtype, rows * rowSizeOf(shape));
  const count = into.length / columns.length;
  for (const [offset, column] of columns.entries()) column.take(count, { into, offset, stride: columns.length });
  return into;
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
  if (Number(rows) === sum && Number.isSafeInteger(sum)) return sum;
  throw new FormatError(file, `the footer says ${rows} rows; its row groups have ${sum}`);
}

function checkFooter(bytes: SeekableBytes): void {
  const least = 2 * MAGIC.length + FOOTER_BYTES;
  const footer = new Uint8Array(FOOTER_BYTES);
  if (bytes.size >= least) bytes.readAt(bytes.size - FOOTER_BYTES, footer);
  if (Buffer.from(footer.subarray(4)).toString("latin1") !== MAGIC) {
    throw new FormatError(bytes.name, `truncated: a Parquet file ends with ${MAGIC}; this one does not`);
  }
  const length = new DataView(footer.buffer).getUint32(0, true);
  if (length > FOOTER_LIMIT || length > bytes.size - least) {
    throw new FormatError(bytes.name, `a footer of ${length} bytes does not fit into a file of ${bytes.size}`);
  }
}

function sliceOf(bytes: SeekableBytes, start: number, end: number): ArrayBuffer {
  if (!(start >= 0 && end >= start && end <= bytes.size)) {
    throw new FormatError(bytes.name, `corrupt: bytes ${start} … ${end} are asked for; the file has ${bytes.size}`);
  }
  const memory = new Uint8Array(end - start);
  bytes.readAt(start, memory);
  return memory.buffer;
}
