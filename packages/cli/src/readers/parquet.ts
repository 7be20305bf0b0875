import type { DType } from "@surprisal/core";
import { type FileMetaData, parquetMetadataAsync, parquetScan, parquetSchema, type SchemaTree } from "hyparquet";
import type { Elements, ReaderShape } from "./array-reader.ts";
import { rowSizeOf } from "./array-reader.ts";
import type { SeekableBytes } from "./bytes.ts";
import { newElements } from "./elements.ts";
import { FormatError } from "./format-error.ts";
import { guarded } from "./guarded.ts";
import type { Wanted } from "./members.ts";
import { fillNested, sizesOf } from "./nested.ts";
import { PARQUET_COMPRESSORS } from "./parquet-compressors.ts";
import { chooseColumns, labelOf, shapeOfColumns, type Table, type TableBatch } from "./table.ts";

const MAGIC = "PAR1";
const FOOTER_BYTES = 8;
const FOOTER_LIMIT = 64 * 2 ** 20;
/** Of the chosen columns in one row group, which is decoded as a whole. */
const GROUP_LIMIT = 2 ** 30;

/** A wish, as columns of the file. */
interface Choice {
  readonly label: string;
  readonly dtype: DType;
  readonly shape: ReaderShape;
  readonly names: readonly string[];
  /** Sizes of the values of a column; none for plain numbers. */
  readonly sizes: readonly number[];
}

/**
 * Opens a Parquet file: columns of numbers, or of lists of numbers that have the same length in every row. One row group is
 * in memory at a time, as it was decoded by hyparquet.
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
  const file = { byteLength: bytes.size, slice: (start: number, end: number = bytes.size) => slice(bytes, start, end) };
  const metadata = await parquetMetadataAsync(file);
  const schema = parquetSchema(metadata);
  const fields = schema.children.map((each) => each.element.name);
  const chosen = chooseColumns(fields, wishes, name).map(({ numbers, single }, i) => {
    return {
      label: labelOf(wishes[i]),
      single,
      columns: numbers.map((column) => schema.children[column] as SchemaTree),
    };
  });
  const dtypes = chosen.map(({ columns }) => dtypeOf(columns, name));
  const names = [...new Set(chosen.flatMap(({ columns }) => columns.map((each) => each.element.name)))];
  let group = 0;
  let rowStart = 0;
  let first = await readGroup();
  const choices = chosen.map(({ label, single, columns }, i): Choice => {
    const own = columns.map((each) => each.element.name);
    const sizes = sizesOf(first?.values.get(own[0] ?? "")?.[0]);
    const [, ...row] = shapeOfColumns({ label, columns: own.length, single, lists: sizes }, name);
    return { label, dtype: dtypes[i] ?? "f64", shape: [rowsOf(metadata, name), ...row], names: own, sizes };
  });
  return {
    name,
    text: false,
    columns: choices,
    async next(): Promise<TableBatch | undefined> {
      const decoded = first ?? (await readGroup());
      first = undefined;
      if (decoded === undefined) return undefined;
      const { rows, start, values } = decoded;
      return { rows, columns: choices.map((choice) => elementsOf(choice, values, { rows, start, name })) };
    },
    close: () => bytes.close(),
  };

  /** The next row group that has rows. */
  async function readGroup(): Promise<Group | undefined> {
    for (; group < metadata.row_groups.length; group++) {
      const rows = Number(metadata.row_groups[group]?.num_rows);
      if (rows === 0) continue;
      checkGroup(metadata, { group, names, file: name });
      const start = rowStart;
      rowStart += rows;
      group++;
      const values = await decode(file, metadata, { names, start, rows });
      return { rows, start, values };
    }
    return undefined;
  }
}

interface Group {
  readonly rows: number;
  readonly start: number;
  readonly values: ReadonlyMap<string, ArrayLike<unknown>>;
}

async function decode(
  file: { byteLength: number; slice: (start: number, end?: number) => ArrayBuffer },
  metadata: FileMetaData,
  { names, start, rows }: { readonly names: readonly string[]; readonly start: number; readonly rows: number },
): Promise<ReadonlyMap<string, ArrayLike<unknown>>> {
  const scan = await parquetScan({
    file,
    metadata,
    columns: [...names],
    compressors: PARQUET_COMPRESSORS,
    useOffsetIndex: false,
  });
  const values = new Map<string, ArrayLike<unknown>>();
  for (const column of names) {
    values.set(column, await scan.readColumn({ column, rowStart: start, rowEnd: start + rows }));
  }
  return values;
}

function elementsOf(
  { names, sizes, shape, dtype }: Choice,
  values: Group["values"],
  { rows, start, name }: { readonly rows: number; readonly start: number; readonly name: string },
): Elements {
  const into = newElements(dtype, rows * rowSizeOf(shape));
  const width = rowSizeOf(shape) / names.length;
  const element = dtype === "i64" ? bigintOf : numberOf;
  for (const [place, column] of names.entries()) {
    const cells = values.get(column);
    if (cells?.length !== rows) {
      throw new FormatError(
        name,
        `${rows} rows of column ${JSON.stringify(column)} required from row ${start} on; got ${cells?.length ?? 0}`,
      );
    }
    for (let row = 0; row < rows; row++) {
      const at = (row * names.length + place) * width;
      const error = (problem: string): FormatError =>
        new FormatError(name, `row ${start + row}, column ${JSON.stringify(column)}: ${problem}`);
      fillNested({ into, at, shape: sizes, element, error }, cells[row]);
    }
  }
  return into;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "boolean" ? Number(value) : typeof value === "number" ? value : undefined;
}

function bigintOf(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value < 2n ** 63n ? value : undefined;
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

/** The numbers at the bottom of columns, which have to be of one type. */
function dtypeOf(columns: readonly SchemaTree[], file: string): DType {
  const dtypes = new Set(columns.map((column) => leafDType(column, file)));
  const [dtype, other] = dtypes;
  if (dtype !== undefined && other === undefined) return dtype;
  throw new FormatError(file, `columns of one type required; got ${[...dtypes].join(", ") || "no column"}`);
}

function leafDType(column: SchemaTree, file: string): DType {
  let leaf = column;
  while (leaf.children.length === 1 && leaf.children[0] !== undefined) leaf = leaf.children[0];
  const { type, converted_type: converted, logical_type: logical } = leaf.element;
  if (leaf.children.length === 0) {
    if (converted === "UINT_32") return "i64";
    if (converted === "DECIMAL") return "f64";
    if (logical?.type === "FLOAT16" || type === "FLOAT") return "f32";
    if (type === "DOUBLE") return "f64";
    if (type === "BOOLEAN") return "bool";
    const plain = converted === undefined || /^U?INT_/.test(converted);
    if (type === "INT32" && plain) return "i32";
    if (type === "INT64" && plain) return "i64";
  }
  const kind = leaf.children.length > 0 ? "a record" : (converted ?? logical?.type ?? type ?? "nothing");
  throw new FormatError(
    file,
    `column ${JSON.stringify(column.element.name)} must hold numbers, or lists of them; it holds ${kind}`,
  );
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

function checkGroup(
  metadata: FileMetaData,
  { group, names, file }: { readonly group: number; readonly names: readonly string[]; readonly file: string },
): void {
  const columns = metadata.row_groups[group]?.columns ?? [];
  const bytes = columns
    .filter(({ meta_data: meta }) => names.includes(meta?.path_in_schema[0] ?? ""))
    .reduce((sum, { meta_data: meta }) => sum + Number(meta?.total_uncompressed_size ?? 0n), 0);
  if (bytes <= GROUP_LIMIT) return;
  const advice = "write smaller row groups (ROW_GROUP_SIZE in DuckDB, row_group_size in pyarrow)";
  throw new FormatError(
    file,
    `row group ${group} holds ${bytes} bytes of these columns; at most ${GROUP_LIMIT} are read at once: ${advice}`,
  );
}

function slice(bytes: SeekableBytes, start: number, end: number): ArrayBuffer {
  if (!(start >= 0 && end >= start && end <= bytes.size)) {
    throw new FormatError(bytes.name, `corrupt: bytes ${start} … ${end} are asked for; the file has ${bytes.size}`);
  }
  const memory = new Uint8Array(end - start);
  bytes.readAt(start, memory);
  return memory.buffer;
}
