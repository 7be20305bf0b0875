import type { ArrayReader } from "./array-reader.ts";
import { type Bytes, isSeekable, readUpTo, sectionOf, type SeekableBytes, withFront } from "./bytes.ts";
import { FormatError } from "./format-error.ts";
import type { Wanted } from "./members.ts";
import { openBytes } from "./open-bytes.ts";
import { arraysOfTable, type Table } from "./table.ts";

/** The formats that are read, by their names on the command line. */
export const FORMATS = ["npy", "npz", "safetensors", "parquet", "arrow", "csv", "tsv", "jsonl"] as const;

/** One of them. */
export type Format = (typeof FORMATS)[number];

/** Bytes that tell a format. */
const HEAD_BYTES = 16;

const MAGIC: readonly (readonly [string, Format])[] = [
  ["\u0093NUMPY", "npy"],
  ["PK\u0003\u0004", "npz"],
  ["PK\u0005\u0006", "npz"],
  ["PAR1", "parquet"],
  ["ARROW1", "arrow"],
  ["\u00FF\u00FF\u00FF\u00FF", "arrow"],
];

const EXTENSIONS: Readonly<Record<string, Format>> = {
  npy: "npy",
  npz: "npz",
  safetensors: "safetensors",
  parquet: "parquet",
  pq: "parquet",
  arrow: "arrow",
  arrows: "arrow",
  feather: "arrow",
  ipc: "arrow",
  csv: "csv",
  tsv: "tsv",
  tab: "tsv",
  jsonl: "jsonl",
  ndjson: "jsonl",
};

/** What is to be read from a file. */
export interface Opening {
  readonly file: string;
  /** One or more; a format of a single array has no names for them. */
  readonly wishes: readonly Wanted[];
  /** Instead of what the first bytes and the name say. */
  readonly format?: Format | undefined;
}

/**
 * Opens a file, or standard input for `-`, and gives a reader for each wish. The library for a format is loaded for it only.
 * @throws FormatError
 */
export async function openArrays(opening: Opening): Promise<readonly ArrayReader[]> {
  const bytes = openBytes(opening.file);
  try {
    return await arraysOf(bytes, opening);
  } catch (error) {
    bytes.close();
    throw error;
  }
}

/** The same for bytes that are open; closing all readers closes them. @throws FormatError */
export async function arraysOf(bytes: Bytes, opening: Opening): Promise<readonly ArrayReader[]> {
  const { whole, head } = await peek(bytes);
  const format = opening.format ?? formatOf(head, opening.file);
  const { wishes } = opening;
  const table = (opened: Promise<Table>): Promise<readonly ArrayReader[]> => opened.then(arraysOfTable);
  switch (format) {
    case "npy": {
      const { openNpy } = await import("./npy.ts");
      expectOne(wishes, whole);
      return [await openNpy(whole)];
    }
    case "npz": {
      const { openNpz } = await import("./npz.ts");
      return eachOf(wishes, seekable(whole, format), openNpz);
    }
    case "safetensors": {
      const { openSafetensors } = await import("./safetensors.ts");
      return eachOf(wishes, seekable(whole, format), openSafetensors);
    }
    case "parquet": {
      const { openParquet } = await import("./parquet.ts");
      return openParquet(seekable(whole, format), wishes);
    }
    case "arrow": {
      const { openArrow } = await import("./arrow.ts");
      return table(openArrow(whole, wishes, head.startsWith("ARROW1") ? "file" : "stream"));
    }
    case "csv":
    case "tsv": {
      const { openCsv } = await import("./csv.ts");
      return table(openCsv(whole, wishes, format === "csv" ? "," : "\t"));
    }
    case "jsonl": {
      const { openJsonl } = await import("./jsonl.ts");
      return table(openJsonl(whole, wishes));
    }
    default:
      return format satisfies never;
  }
}

/** The first bytes, which are still to be read. */
async function peek(bytes: Bytes): Promise<{ readonly whole: Bytes; readonly head: string }> {
  const head = new Uint8Array(isSeekable(bytes) ? Math.min(HEAD_BYTES, bytes.size) : HEAD_BYTES);
  if (isSeekable(bytes)) {
    bytes.readAt(0, head);
    return { whole: bytes, head: textOf(head) };
  }
  const front = head.subarray(0, await readUpTo(bytes, head));
  return { whole: withFront(front, bytes), head: textOf(front) };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** Told by the first bytes, else by the name, else by a look at the text. */
function formatOf(head: string, file: string): Format {
  const byMagic = MAGIC.find(([magic]) => head.startsWith(magic))?.[1];
  const extension = /\.([a-z0-9]+)$/i.exec(file)?.[1]?.toLowerCase() ?? "";
  const byName = Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined;
  const byText = /^\s*[[{]/.test(head) ? "jsonl" : /^.{8}\{/s.test(head) ? "safetensors" : undefined;
  const format = byMagic ?? byName ?? byText;
  if (format !== undefined) return format;
  const known = `name it with --format (${FORMATS.join(", ")})`;
  throw new FormatError(file, `neither its name nor its first bytes tell its format: ${known}`);
}

function seekable(bytes: Bytes, format: Format): SeekableBytes {
  if (isSeekable(bytes)) return bytes;
  throw new FormatError(bytes.name, `.${format} can only be read from a file, as its directory may be anywhere in it`);
}

function expectOne(wishes: readonly Wanted[], { name }: Bytes): void {
  const [wish, another] = wishes;
  if (another !== undefined) {
    throw new FormatError(name, `one file with both logits and targets required; a .npy file holds one array`);
  }
  if (wish?.name !== undefined)
    throw new FormatError(name, `a .npy file holds one array, which has no name (${wish.option})`);
}

/** A reader for each wish, on the same bytes, which the last one to close closes. */
async function eachOf(
  wishes: readonly Wanted[],
  bytes: SeekableBytes,
  open: (bytes: SeekableBytes, wish: Wanted) => Promise<ArrayReader>,
): Promise<readonly ArrayReader[]> {
  let left = wishes.length;
  const close = (): void => {
    left--;
    if (left === 0) bytes.close();
  };
  const readers: ArrayReader[] = [];
  for (const wish of wishes) readers.push(await open(rewound(bytes, close), wish));
  return readers;
}

/** The same bytes from their start on, with a place of their own. */
function rewound(bytes: SeekableBytes, close: () => void): SeekableBytes {
  return { ...sectionOf(bytes, 0, bytes.size), close };
}
