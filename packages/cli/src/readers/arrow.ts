import {
  CompressionType,
  compressionRegistry,
  type Data,
  DataType,
  type Field,
  type RecordBatch,
  RecordBatchReader,
  type Schema,
  Type,
} from "apache-arrow";
import type { FileHandle } from "node:fs/promises";
import { zstdDecompressSync } from "node:zlib";
import type { Elements } from "./array-reader.ts";
import { type Bytes, chunksOf, isSeekable, readFully, type SeekableBytes } from "./bytes.ts";
import { ELEMENTS, type ElementType, newElements, widen } from "./elements.ts";
import { FormatError } from "./format-error.ts";
import type { Wanted } from "./members.ts";
import { chooseColumns, labelOf, type Table, type TableBatch } from "./table.ts";

const CHUNK_BYTES = 2 ** 20;
const MAGIC = "ARROW1";
const MAGIC_BYTES = 8; // with what fills it up
/** Of one unpacked buffer. */
const UNPACKED_LIMIT = 2 ** 30;

/** A wish, as columns of the file. */
interface Choice {
  readonly label: string;
  readonly type: ElementType;
  readonly columns: readonly number[];
  /** Lengths of the lists of lists, outermost first. */
  readonly sizes: readonly number[];
  readonly single: boolean;
}

/**
 * Opens Arrow's IPC format, a stream or a file: columns of numbers, or of
 * lists of numbers that have the same length in every row. One record batch is in memory at a time.
 *
 * @throws FormatError, also for whatever the library throws
 */
export async function openArrow(bytes: Bytes, wishes: readonly Wanted[], kind: "file" | "stream"): Promise<Table> {
  const { name } = bytes;
  if (kind === "file") await checkMagic(bytes);
  if (typeof zstdDecompressSync === "function") {
    const decode = (data: Uint8Array): Uint8Array => zstdDecompressSync(data, { maxOutputLength: UNPACKED_LIMIT });
    compressionRegistry.set(CompressionType.ZSTD, { decode });
  }
  const reader = await guarded(name, async () => {
    const from = isSeekable(bytes)
      ? RecordBatchReader.from(fileHandle(bytes))
      : RecordBatchReader.from(chunksOf(bytes, CHUNK_BYTES));
    return (await from).open();
  });
  const schema = reader.schema as Schema | undefined;
  if (schema === undefined) throw new FormatError(name, "an Arrow schema required; it is empty");
  const batches = reader[Symbol.asyncIterator]();
  let start = 0;
  let batch = await nextBatch();
  const choices = wishes.map((wish): Choice => {
    const { numbers, single } = chooseColumns(
      schema.fields.map((each) => each.name),
      wish,
      name,
    );
    const label = labelOf(wish);
    const type = typeOf(
      numbers.map((column) => schema.fields[column] as Field),
      name,
    );
    const sizes = sizesOf(batch?.data.children[numbers[0] ?? 0]);
    if (numbers.length > 1 && sizes.length > 0) {
      throw new FormatError(
        name,
        `${label}: one column of lists, or several of numbers, required; got several of lists`,
      );
    }
    return { label, type, columns: numbers, sizes, single };
  });
  return {
    name,
    text: false,
    columns: choices.map(({ label, type, columns, sizes, single }) => ({
      label,
      dtype: ELEMENTS[type].dtype,
      shape: [undefined, ...(single || sizes.length > 0 ? sizes : [columns.length])],
    })),
    async next(): Promise<TableBatch | undefined> {
      if (batch === undefined) return undefined;
      const { numRows: rows, data } = batch;
      const columns = choices.map((choice) => elementsOf(choice, data, { rows, start, name }));
      start += rows;
      batch = await nextBatch();
      return { rows, columns };
    },
    close: () => bytes.close(),
  };

  async function nextBatch(): Promise<RecordBatch | undefined> {
    for (;;) {
      const next = await guarded(name, () => Promise.resolve(batches.next()));
      if (next.done === true) return undefined;
      if (next.value.numRows > 0) return next.value;
    }
  }
}

/**
 * A file begins and ends with the magic word. What is between them is a stream, but for the schema, which some writers put
 * at the end only: from standard input, files of others can be read.
 */
async function checkMagic(bytes: Bytes): Promise<void> {
  if (!isSeekable(bytes)) return readFully(bytes, new Uint8Array(MAGIC_BYTES), "magic");
  const end = new Uint8Array(MAGIC.length);
  if (bytes.size >= MAGIC_BYTES + end.length) bytes.readAt(bytes.size - end.length, end);
  if (Buffer.from(end).toString("latin1") === MAGIC) return;
  throw new FormatError(bytes.name, `truncated: an Arrow file ends with ${MAGIC}; this one does not`);
}

/** As much of a FileHandle as the library asks for. */
function fileHandle(bytes: SeekableBytes): FileHandle {
  const handle = {
    fd: -1,
    stat: () => Promise.resolve({ size: bytes.size }),
    read(buffer: Uint8Array, offset: number, length: number, position: number) {
      if (!(position >= 0 && position + length <= bytes.size)) {
        throw new FormatError(
          bytes.name,
          `corrupt: byte ${position + length} is asked for; the file has ${bytes.size}`,
        );
      }
      bytes.readAt(position, buffer.subarray(offset, offset + length));
      return Promise.resolve({ bytesRead: length, buffer });
    },
    close: () => Promise.resolve(),
  };
  return handle as unknown as FileHandle;
}

interface Place {
  readonly rows: number;
  readonly start: number;
  readonly name: string;
}

function elementsOf({ columns, sizes, type, label }: Choice, batch: Data, place: Place): Elements {
  const width = sizes.reduce((product, size) => product * size, 1);
  const count = place.rows * width;
  const parts = columns.map((column) => {
    const data = batch.children[column];
    if (data === undefined)
      throw new FormatError(place.name, `${label}: column ${column} is missing in a record batch`);
    return valuesOf(data, { rows: place.rows, sizes, type, place, label });
  });
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const into = newElements(ELEMENTS[type].dtype, count * parts.length);
  parts.forEach((part, at) => {
    for (let i = 0; i < part.length; i++) into[i * parts.length + at] = part[i] as never;
  });
  return into;
}

/** The numbers below any lists, after a check that the lists have the lengths that they should. */
function valuesOf(
  data: Data,
  wanted: {
    readonly rows: number;
    readonly sizes: readonly number[];
    readonly type: ElementType;
    readonly place: Place;
    readonly label: string;
  },
): Elements {
  const { rows, sizes, type, place, label } = wanted;
  if (data.length < rows)
    throw new FormatError(place.name, `${label}: ${rows} values required in a record batch; got ${data.length}`);
  if (data.nullCount > 0) {
    const row = Array.from({ length: rows }, (_, i) => i).find((i) => !data.getValid(i)) ?? 0;
    throw new FormatError(place.name, `row ${place.start + row}, ${label}: a number required; got null`);
  }
  const [size, ...rest] = sizes;
  if (size !== undefined) {
    const [child] = data.children;
    checkLengths(data, size, { rows, place, label });
    if (child === undefined) throw new FormatError(place.name, `${label}: a list without values`);
    const from = firstOffset(data);
    const below = from === 0 ? child : child.slice(from, rows * size);
    return valuesOf(below, {
      ...wanted,
      rows: rows * size,
      sizes: rest,
      place: { ...place, start: place.start * size },
    });
  }
  if (DataType.isBool(data.type)) return bits(data, rows);
  const bytes = data.values as Elements | undefined;
  const length = rows * ELEMENTS[type].bytes;
  if (bytes === undefined || bytes.byteLength < length) {
    throw new FormatError(
      place.name,
      `corrupt: ${label}: ${length} bytes of values required; got ${bytes?.byteLength ?? 0}`,
    );
  }
  const into = newElements(ELEMENTS[type].dtype, rows);
  const aligned = bytes.byteOffset % ELEMENTS[type].bytes === 0 ? bytes : bytes.slice();
  widen(type, new Uint8Array(aligned.buffer, aligned.byteOffset, length), into, {
    name: place.name,
    first: place.start,
  });
  return into;
}

function bits({ values, offset }: Data, rows: number): Uint8Array {
  const packed = values as Uint8Array;
  return Uint8Array.from(
    { length: rows },
    (_, row) => ((packed[(offset + row) >> 3] ?? 0) >> ((offset + row) & 7)) & 1,
  );
}

function checkLengths(
  data: Data,
  size: number,
  { rows, place, label }: { rows: number; place: Place; label: string },
): void {
  if (data.typeId === Type.FixedSizeList) return;
  const offsets = data.valueOffsets as ArrayLike<number | bigint>;
  for (let row = 0; row < rows; row++) {
    const length = Number(offsets[row + 1]) - Number(offsets[row]);
    if (length === size) continue;
    const where = `row ${place.start + row}, ${label}`;
    throw new FormatError(
      place.name,
      `${where}: a list of ${size} required, as in the first row; got one of ${length}`,
    );
  }
}

function firstOffset(data: Data): number {
  const offsets = data.valueOffsets as ArrayLike<number | bigint> | undefined;
  return data.typeId === Type.FixedSizeList ? 0 : Number(offsets?.[0] ?? 0);
}

/** Lengths of the first row's lists. */
function sizesOf(data: Data | undefined): number[] {
  if (data === undefined) return [];
  const { typeId } = data;
  if (typeId !== Type.List && typeId !== Type.LargeList && typeId !== Type.FixedSizeList) return [];
  const offsets = data.valueOffsets as ArrayLike<number | bigint> | undefined;
  const size =
    typeId === Type.FixedSizeList
      ? (data.type as DataType & { listSize: number }).listSize
      : Number(offsets?.[1] ?? 0) - Number(offsets?.[0] ?? 0);
  return [size, ...sizesOf(data.children[0])];
}

/** The numbers at the bottom of columns, which have to be of one type. */
function typeOf(fields: readonly Field[], file: string): ElementType {
  const types = new Set(fields.map((field) => leafType(field.type as DataType, field.name, file)));
  const [type, other] = types;
  if (type !== undefined && other === undefined) return type;
  throw new FormatError(file, `columns of one type required; got ${[...types].join(", ") || "no column"}`);
}

const FLOATS: readonly ElementType[] = ["f2", "f4", "f8"];

function leafType(type: DataType, column: string, file: string): ElementType {
  const { typeId, children } = type as DataType & { readonly children?: readonly Field[] };
  const [child] = children ?? [];
  if (typeId === Type.Int) {
    const { isSigned, bitWidth } = type as unknown as { readonly isSigned: boolean; readonly bitWidth: number };
    return `${isSigned ? "i" : "u"}${bitWidth / 8}` as ElementType;
  }
  const float =
    typeId === Type.Float ? FLOATS[(type as unknown as { readonly precision: number }).precision] : undefined;
  if (float !== undefined) return float;
  if (typeId === Type.Bool) return "b1";
  const list = typeId === Type.List || typeId === Type.LargeList || typeId === Type.FixedSizeList;
  if (list && child !== undefined) return leafType(child.type as DataType, column, file);
  throw new FormatError(
    file,
    `column ${JSON.stringify(column)} must hold numbers, or lists of them; it holds ${Type[typeId] ?? typeId}`,
  );
}

/** What the library throws is about the file. */
async function guarded<T>(file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    throw new FormatError(file, `corrupt, or no Arrow that can be read: ${problem}`, undefined, { cause: error });
  }
}
