import type { ColumnMetaData, Encoding, FileMetaData, PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { memoryBytes, sectionOf, type SeekableBytes } from "./bytes.ts";
import { FormatError } from "./format-error.ts";
import { unpackPage } from "./parquet-compressors.ts";
import { endOfStruct } from "./parquet-guard.ts";
import type { ParquetLeaf } from "./parquet-schema.ts";

/** Of the unpacked pages of all columns that are in memory at the same time. */
const PAGES_LIMIT = 2 ** 30;
/** Most headers are shorter. */
const HEADER_BYTES = 4096;
const HEADER_LIMIT = 16 * 2 ** 20;

/** A page of a column, its values still encoded: unpacked in memory, or in the file where they are not packed. */
export interface ParquetPage {
  /** The rows of the file that its row group has. */
  readonly group: { readonly start: number; readonly end: number };
  /** How many values and nulls it has. */
  readonly entries: number;
  /** Which list each entry goes on with; none where no lists are. */
  readonly repetition: ParquetLevels | undefined;
  /** How far down each entry is defined; none where nothing can be absent. */
  readonly definition: ParquetLevels | undefined;
  readonly encoding: Encoding;
  readonly values: SeekableBytes;
  readonly dictionary: ParquetDictionary | undefined;
}

/** Levels in runs, of so many bits each. */
export interface ParquetLevels {
  readonly bytes: Uint8Array;
  readonly width: number;
}

/** Values of a chunk that pages tell by their number, in plain encoding. */
export interface ParquetDictionary {
  readonly bytes: SeekableBytes;
  readonly entries: number;
}

/** Where pages are read from. */
export interface ParquetFile {
  readonly bytes: SeekableBytes;
  readonly metadata: FileMetaData;
  /** Bytes of the unpacked pages in memory, of all columns. */
  held: number;
}

/** Memory of a column's pages, the same for one after the other: large ones would be free too late. */
export interface PageMemory {
  unpacked: Uint8Array;
}

/** A column, and where its pages are read from and to. */
export interface PageSource {
  readonly file: ParquetFile;
  readonly leaf: ParquetLeaf;
  readonly memory: PageMemory;
}

/**
 * The pages of a column, row group after row group; each is good until the next is asked for.
 * @throws FormatError
 */
export async function* parquetPages({ file, leaf, memory }: PageSource): AsyncGenerator<ParquetPage, void> {
  let start = 0;
  let claimed = 0;
  for (const { num_rows: rows, columns } of file.metadata.row_groups) {
    const end = start + Number(rows);
    const chunk = columns.find(({ meta_data: meta }) => meta !== undefined && isPathOf(leaf, meta.path_in_schema));
    if (end > start) {
      if (chunk?.meta_data === undefined || chunk.file_path !== undefined) {
        throw new FormatError(
          file.bytes.name,
          `row group at row ${start}: no ${JSON.stringify(leaf.column)} in this file`,
        );
      }
      claimed += Number(chunk.meta_data.total_compressed_size);
      if (claimed > file.bytes.size) {
        const problem = `corrupt: parts of ${claimed} bytes in ${file.bytes.size}`;
        throw new FormatError(file.bytes.name, `column ${JSON.stringify(leaf.column)}: ${problem}`);
      }
      yield* pagesOfChunk({ file, leaf, memory, meta: chunk.meta_data, group: { start, end } });
    }
    start = end;
  }
}

/** Whether a chunk is the leaf's. The first name tells most: there may be thousands of columns. */
function isPathOf({ column, path }: ParquetLeaf, names: readonly string[]): boolean {
  return names[0] === column && names.join(".") === path;
}

interface Chunk extends PageSource {
  readonly meta: ColumnMetaData;
  readonly group: ParquetPage["group"];
}

async function* pagesOfChunk(chunk: Chunk): AsyncGenerator<ParquetPage, void> {
  const { file } = chunk;
  const { bytes } = file;
  const { dictionary_page_offset: first, data_page_offset: data, total_compressed_size: size } = chunk.meta;
  let at = Number(first === undefined || first === 0n ? data : first); // 0: what some writers say for none
  const end = at + Number(size);
  if (!(at >= 0 && end >= at && end <= bytes.size)) {
    throw new FormatError(bytes.name, `corrupt: a column from ${at} to ${end} does not fit into ${bytes.size} bytes`);
  }
  let dictionary: ParquetDictionary | undefined;
  let kept = 0;
  try {
    while (at < end) {
      const { header, length } = readHeader(bytes, at, end);
      at += length;
      const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
      if (!(packed >= 0 && packed <= end - at && unpacked >= 0)) {
        const problem = `corrupt: a page of ${packed} bytes at ${at}, in a column that ends at ${end}`;
        throw new FormatError(bytes.name, problem);
      }
      const raw = sectionOf(bytes, at, packed);
      at += packed;
      const taken = chunk.meta.codec === "UNCOMPRESSED" ? 0 : unpacked;
      if (file.held + taken > PAGES_LIMIT) throw tooLarge(file, taken);
      file.held += taken;
      kept += taken;
      if (header.type === "DICTIONARY_PAGE") {
        if (dictionary !== undefined) throw new TypeError("a second dictionary");
        const memory = { unpacked: new Uint8Array(0) }; // it is good for all pages of the chunk
        const entries = header.dictionary_page_header?.num_values ?? 0;
        dictionary = { bytes: await unpackedOf(raw, unpacked, { ...chunk, memory }), entries };
      } else {
        yield await pageOf(raw, header, { ...chunk, dictionary });
        file.held -= taken;
        kept -= taken;
      }
    }
  } finally {
    file.held -= kept;
  }
}

/** What is not packed stays in the file. */
async function unpackedOf(
  raw: SeekableBytes,
  size: number,
  { memory, meta: { codec } }: Chunk,
): Promise<SeekableBytes> {
  if (codec === "UNCOMPRESSED") return raw;
  memory.unpacked = await unpackPage(raw, size, { codec, memory: memory.unpacked });
  return memoryBytes(memory.unpacked.subarray(0, size), raw.name);
}

/** A part, in memory of its own. */
export function bytesAt(bytes: SeekableBytes, start: number, size: number): Uint8Array<ArrayBuffer> {
  if (!(size >= 0 && start + size <= bytes.size)) {
    throw new RangeError(`bytes ${start} … ${start + size} of a page with ${bytes.size}`);
  }
  const memory = new Uint8Array(size);
  bytes.readAt(start, memory);
  return memory;
}

function tooLarge({ bytes, held }: ParquetFile, more: number): FormatError {
  const advice = "write smaller pages (data_page_size in pyarrow, ROW_GROUP_SIZE in DuckDB)";
  return new FormatError(
    bytes.name,
    `one page of each of these columns takes ${held + more} bytes; at most ${PAGES_LIMIT} are read at once: ${advice}`,
  );
}

/** A header's length is not known before it is read. */
function readHeader(bytes: SeekableBytes, at: number, end: number): { header: PageHeader; length: number } {
  for (let size = HEADER_BYTES; ; size *= 16) {
    const memory = bytesAt(bytes, at, Math.min(size, end - at));
    try {
      const length = endOfStruct(memory);
      return { header: parquetHeader({ view: new DataView(memory.buffer, 0, length), offset: 0 }), length };
    } catch (error) {
      if (memory.length === end - at || size >= HEADER_LIMIT) throw error;
    }
  }
}

type Rest = Chunk & Pick<ParquetPage, "dictionary">;

async function pageOf(raw: SeekableBytes, header: PageHeader, rest: Rest): Promise<ParquetPage> {
  if (header.type === "DATA_PAGE") return firstVersion(raw, header, rest);
  if (header.type === "DATA_PAGE_V2") return secondVersion(raw, header, rest);
  throw new TypeError(`a page of type ${header.type}`);
}

/** The levels lie before the values and are packed with them; each begins with its size. */
async function firstVersion(raw: SeekableBytes, header: PageHeader, rest: Rest): Promise<ParquetPage> {
  const page = header.data_page_header;
  if (page === undefined) throw new TypeError("a data page without a header of its own");
  const { leaf, group, dictionary } = rest;
  const bytes = await unpackedOf(raw, header.uncompressed_page_size, rest);
  let at = 0;
  const repetition = levels(leaf.depth, page.repetition_level_encoding);
  const definition = levels(leaf.steps.length, page.definition_level_encoding);
  const values = sectionOf(bytes, at, bytes.size - at);
  return { group, entries: page.num_values, repetition, definition, encoding: page.encoding, values, dictionary };

  function levels(most: number, encoding: Encoding): ParquetLevels | undefined {
    if (most === 0) return undefined;
    if (encoding !== "RLE") throw new TypeError(`levels encoded as ${encoding}`);
    const size = new DataView(bytesAt(bytes, at, 4).buffer).getUint32(0, true);
    const section = bytesAt(bytes, at + 4, size);
    at += 4 + size;
    return levelsOf(section, most);
  }
}

/** The levels lie before the values, never packed; the header tells their sizes. */
async function secondVersion(raw: SeekableBytes, header: PageHeader, rest: Rest): Promise<ParquetPage> {
  const page = header.data_page_header_v2;
  if (page === undefined) throw new TypeError("a data page without a header of its own");
  const { leaf, group, dictionary } = rest;
  const { repetition_levels_byte_length: first, definition_levels_byte_length: second } = page;
  const repetition = levelsOf(bytesAt(raw, 0, first), leaf.depth);
  const definition = levelsOf(bytesAt(raw, first, second), leaf.steps.length);
  const stored = sectionOf(raw, first + second, raw.size - first - second);
  const size = header.uncompressed_page_size - first - second;
  // a page without values may have no bytes, which is nothing that a codec knows
  const values = page.is_compressed === false || size === 0 ? stored : await unpackedOf(stored, size, rest);
  return { group, entries: page.num_values, repetition, definition, encoding: page.encoding, values, dictionary };
}

function levelsOf(bytes: Uint8Array, most: number): ParquetLevels | undefined {
  return most === 0 ? undefined : { bytes, width: 32 - Math.clz32(most) };
}
