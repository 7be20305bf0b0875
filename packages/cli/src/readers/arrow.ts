import { type Field, type RecordBatch, RecordBatchReader, type Schema } from "apache-arrow";
import type { FileHandle } from "node:fs/promises";
import { registerArrowCompressors } from "./arrow-compressors.ts";
import { guardArrow } from "./arrow-guard.ts";
import { type Choice, elementsOf, sizesOf, typeOf } from "./arrow-values.ts";
import { type Bytes, chunksOf, isSeekable, readFully, type SeekableBytes } from "./bytes.ts";
import { ELEMENTS } from "./elements.ts";
import { FormatError } from "./format-error.ts";
import { guarded } from "./guarded.ts";
import type { Wanted } from "./members.ts";
import { chooseColumns, labelOf, shapeOfColumns, type Table, type TableBatch } from "./table.ts";

const CHUNK_BYTES = 2 ** 20;
const MAGIC = "ARROW1";
const MAGIC_BYTES = 8; // with what fills it up
const LENGTH_BYTES = 4; // of the footer, before the word at the end, and of a message, before it

/**
 * Opens Arrow's IPC format, a stream or a file: columns of numbers, or of
 * lists of numbers that have the same length in every row. One record batch is in memory at a time.
 *
 * @throws FormatError, also for whatever the library throws
 */
export async function openArrow(bytes: Bytes, wishes: readonly Wanted[], kind: "file" | "stream"): Promise<Table> {
  const table = await guarded(bytes.name, "Arrow", () => open(bytes, wishes, kind));
  return { ...table, next: () => guarded(bytes.name, "Arrow", () => table.next()) };
}

async function open(bytes: Bytes, wishes: readonly Wanted[], kind: "file" | "stream"): Promise<Table> {
  const { name } = bytes;
  if (kind === "file") await checkMagic(bytes);
  else if (isSeekable(bytes)) checkEnd(bytes);
  guardArrow();
  registerArrowCompressors();
  const reader = await guarded(name, "Arrow", async () => {
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
  const fields = schema.fields.map((each) => each.name);
  const choices = chooseColumns(fields, wishes, name).map(({ numbers, single }, i): Choice => {
    const label = labelOf(wishes[i]);
    const type = typeOf(
      numbers.map((column) => schema.fields[column] as Field),
      name,
    );
    const sizes = sizesOf(batch?.data.children[numbers[0] ?? 0]);
    const shape = shapeOfColumns({ label, columns: numbers.length, single, lists: sizes }, name);
    return { label, type, columns: numbers, sizes, shape };
  });
  return {
    name,
    text: false,
    columns: choices.map(({ label, type, shape }) => ({ label, dtype: ELEMENTS[type].dtype, shape })),
    async next(): Promise<TableBatch | undefined> {
      if (batch === undefined) return undefined;
      const { numRows: rows, data } = batch;
      const columns = await guarded(name, "Arrow", () =>
        Promise.resolve(choices.map((choice) => elementsOf(choice, data, { rows, start, name }))),
      );
      start += rows;
      batch = await nextBatch();
      return { rows, columns };
    },
    close: () => bytes.close(),
  };

  async function nextBatch(): Promise<RecordBatch | undefined> {
    for (;;) {
      const next = await guarded(name, "Arrow", () => Promise.resolve(batches.next()));
      if (next.done === true) return undefined;
      const { numRows } = next.value;
      if (numRows > 8 * (bytes.size ?? Infinity)) {
        throw new FormatError(name, `corrupt: ${numRows} rows cannot be in a file of ${bytes.size} bytes`);
      }
      if (numRows > 0) return next.value;
    }
  }
}

/**
 * A file begins and ends with the magic word. What is between them is a stream, but for the schema, which some writers put
 * at the end only: from standard input, files of others can be read.
 */
async function checkMagic(bytes: Bytes): Promise<void> {
  if (!isSeekable(bytes)) return readFully(bytes, new Uint8Array(MAGIC_BYTES), "magic");
  const end = Buffer.alloc(LENGTH_BYTES + MAGIC.length);
  const room = bytes.size - MAGIC_BYTES - end.length;
  if (room >= 0) bytes.readAt(bytes.size - end.length, end);
  if (end.toString("latin1", LENGTH_BYTES) !== MAGIC) {
    throw new FormatError(bytes.name, `truncated: an Arrow file ends with ${MAGIC}; this one does not`);
  }
  const length = end.readInt32LE(); // the library takes memory for so many bytes before it looks whether they are there
  if (length >= 0 && length <= room) return;
  throw new FormatError(bytes.name, `corrupt: a footer of ${length} bytes does not fit into a file of ${bytes.size}`);
}

/** A stream ends with a message of length 0; one that was cut between two messages would seem whole without. */
function checkEnd(bytes: SeekableBytes): void {
  const end = new Uint8Array(8);
  if (bytes.size >= end.length) bytes.readAt(bytes.size - end.length, end);
  if (end.every((byte, i) => byte === (i < 4 ? 0xff : 0))) return;
  throw new FormatError(bytes.name, "truncated: an Arrow stream ends with a mark; this one does not");
}

/** As much of a FileHandle as the library asks for. */
function fileHandle(bytes: SeekableBytes): FileHandle {
  const messages = new Set<number>(); // where they begin; none is read twice
  const handle = {
    fd: -1,
    stat: () => Promise.resolve({ size: bytes.size }),
    read(buffer: Uint8Array, offset: number, length: number, position: number) {
      if (length === LENGTH_BYTES) {
        if (messages.has(position)) throw new FormatError(bytes.name, "corrupt: its messages lead in a circle");
        messages.add(position);
      }
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
