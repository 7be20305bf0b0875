type Run = readonly [length: number, level: number];

/** A page of a column of lists of f32, first version. */
export interface WrittenPage {
  /** 0 where a row begins, 1 where its list goes on. */
  readonly repetition: readonly number[];
  /** 1 for a number, 0 for a list without one. */
  readonly definition?: readonly number[];
  readonly values: readonly number[];
  /** What the header says instead. */
  readonly says?: {
    /** 0 for data, 2 for a dictionary. */
    readonly type?: number;
    readonly entries?: number;
    readonly encoding?: number;
    readonly levels?: number;
    readonly unpacked?: number;
    /** Runs of levels. */
    readonly repetition?: readonly Run[];
    readonly definition?: readonly Run[];
  };
}

/** A row group: its pages, and the rows that the footer says it has. */
export interface WrittenGroup {
  readonly rows: number;
  readonly pages: readonly WrittenPage[];
  /** How the pages are packed, as the footer says it; not at all if it does not. */
  readonly codec?: number;
  /** The footer says that its pages begin where those of the first group do. */
  readonly overlaps?: boolean;
}

const MAGIC = "PAR1";
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;
const RLE = 3;

/**
 * Writes a Parquet file with one column, `x`, of lists of f32, so that pages end where a test wants them to.
 * @see https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
export function parquetFile(groups: readonly WrittenGroup[]): Uint8Array {
  const parts: Buffer[] = [Buffer.from(MAGIC)];
  const rowGroups = groups.map(({ rows, pages, codec = 0, overlaps = false }) => {
    const written = Buffer.concat(pages.map(pageBytes));
    parts.push(written);
    const end = parts.reduce((sum, part) => sum + part.length, 0);
    const start = overlaps ? MAGIC.length : end - written.length;
    const entries = pages.reduce((sum, page) => sum + page.repetition.length, 0);
    const meta = struct([
      [1, I32, int(4)], // FLOAT
      [2, LIST, list(I32, [int(0), int(RLE)])],
      [3, LIST, list(BINARY, ["x", "list", "element"].map(text))],
      [4, I32, int(codec)],
      [5, I64, int(entries)],
      [6, I64, int(end - start)],
      [7, I64, int(end - start)],
      [9, I64, int(start)],
    ]);
    const chunk = struct([
      [2, I64, int(start)],
      [3, STRUCT, meta],
    ]);
    return struct([
      [1, LIST, list(STRUCT, [chunk])],
      [2, I64, int(written.length)],
      [3, I64, int(rows)],
    ]);
  });
  const schema = [
    struct([
      [4, BINARY, text("schema")],
      [5, I32, int(1)],
    ]),
    struct([
      [3, I32, int(0)], // REQUIRED
      [4, BINARY, text("x")],
      [5, I32, int(1)],
      [6, I32, int(3)], // LIST
    ]),
    struct([
      [3, I32, int(2)], // REPEATED
      [4, BINARY, text("list")],
      [5, I32, int(1)],
    ]),
    struct([
      [1, I32, int(4)], // FLOAT
      [3, I32, int(0)], // REQUIRED
      [4, BINARY, text("element")],
    ]),
  ];
  const footer = struct([
    [1, I32, int(1)],
    [2, LIST, list(STRUCT, schema)],
    [3, I64, int(groups.reduce((sum, { rows }) => sum + rows, 0))],
    [4, LIST, list(STRUCT, rowGroups)],
  ]);
  return Buffer.concat([...parts, footer, u32(footer.length), Buffer.from(MAGIC)]);
}

function pageBytes({ repetition, definition = repetition.map(() => 1), values, says = {} }: WrittenPage): Buffer {
  const { entries = repetition.length, encoding = 0, levels = RLE } = says;
  const numbers = Buffer.from(Float32Array.from(values).buffer);
  const levelsOf = (all: readonly number[]): Run[] => all.map((level) => [1, level]);
  const lists = runs(says.repetition ?? levelsOf(repetition));
  const data = Buffer.concat([lists, runs(says.definition ?? levelsOf(definition)), numbers]);
  const own = struct([
    [1, I32, int(entries)],
    [2, I32, int(encoding)],
    [3, I32, int(levels)],
    [4, I32, int(levels)],
  ]);
  const header = struct([
    [1, I32, int(says.type ?? 0)],
    [2, I32, int(says.unpacked ?? data.length)],
    [3, I32, int(data.length)],
    [5, STRUCT, own],
  ]);
  return Buffer.concat([header, data]);
}

/** Levels of a bit, in runs; each begins with twice its length. */
function runs(levels: readonly Run[]): Buffer {
  const bytes = Buffer.concat(levels.map(([length, level]) => Buffer.concat([int(length), Buffer.of(level)])));
  return Buffer.concat([u32(bytes.length), bytes]);
}

function struct(fields: readonly (readonly [id: number, type: number, value: Buffer])[]): Buffer {
  let last = 0;
  const parts = fields.flatMap(([id, type, value]) => {
    const head = Buffer.of(((id - last) << 4) | type);
    last = id;
    return [head, value];
  });
  return Buffer.concat([...parts, Buffer.of(0)]);
}

function list(type: number, items: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.of((items.length << 4) | type), ...items]);
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
}

/** As a zigzag varint. */
function int(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
