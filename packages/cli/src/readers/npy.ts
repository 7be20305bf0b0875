import { type FileHandle, open } from "node:fs/promises";
import { getSystemErrorMap } from "node:util";
import { FormatError } from "./format-error.ts";
import {
  NPY_PREFIX_BYTES,
  npyHeaderExtent,
  type NpyHeader,
  NPY_ITEM_BYTES,
  type NpyType,
  parseNpyHeader,
} from "./npy-header.ts";

/** The array that holds the elements of each type in memory; `f2` is held as its bits. */
export interface NpyData {
  readonly b1: Uint8Array;
  readonly i1: Int8Array;
  readonly i2: Int16Array;
  readonly i4: Int32Array;
  readonly i8: BigInt64Array;
  readonly u1: Uint8Array;
  readonly u2: Uint16Array;
  readonly u4: Uint32Array;
  readonly u8: BigUint64Array;
  readonly f2: Uint16Array;
  readonly f4: Float32Array;
  readonly f8: Float64Array;
}

const CONSTRUCTORS: { readonly [T in NpyType]: new (bytes: ArrayBuffer) => NpyData[T] } = {
  b1: Uint8Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  u8: BigUint64Array,
  f2: Uint16Array,
  f4: Float32Array,
  f8: Float64Array,
};

/** An array as it lies in a .npy file, in this machine's byte order. */
export type NpyArray = {
  readonly [T in NpyType]: {
    readonly file: string;
    readonly type: T;
    readonly shape: readonly number[];
    /** Whether the first dimension is the one that steps by single elements, instead of the last. */
    readonly fortranOrder: boolean;
    readonly data: NpyData[T];
  };
}[NpyType];

/** One `read` call takes no more than 2 GiB on any platform. */
const CHUNK_BYTES = 2 ** 30;

/**
 * Reads an array saved by `numpy.save`. Nothing is allocated for the elements before the header has been checked
 * against the size of the file, and they are read straight into the array that is returned.
 *
 * @throws FormatError for a file that is missing, unreadable, or not a .npy file of plain numbers
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export async function readNpy(file: string): Promise<NpyArray> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    return await readFrom(handle, file);
  } catch (error) {
    throw isSystemError(error) ? new FormatError(file, reasonOf(error), undefined, { cause: error }) : error;
  } finally {
    await handle?.close();
  }
}

async function readFrom(handle: FileHandle, file: string): Promise<NpyArray> {
  const stats = await handle.stat();
  if (!stats.isFile()) throw new FormatError(file, `a regular file required; this is ${kindOf(stats)}`);
  const prefix = await read(handle, 0, Math.min(NPY_PREFIX_BYTES, stats.size), file);
  const { start, end } = npyHeaderExtent(new Uint8Array(prefix), stats.size, file);
  const text = Buffer.from(await read(handle, start, end - start, file)).toString("latin1");
  const header = parseNpyHeader(text, stats.size - end, file);
  const bytes = await read(handle, end, header.dataBytes, file);
  if (header.bigEndian) swapBytes(bytes, NPY_ITEM_BYTES[header.type]);
  return arrayOf(header, bytes, file);
}

function arrayOf({ type, shape, fortranOrder }: NpyHeader, bytes: ArrayBuffer, file: string): NpyArray {
  const data: NpyData[NpyType] = new CONSTRUCTORS[type](bytes);
  return { file, type, shape, fortranOrder, data } as NpyArray;
}

/** Bytes `start … start + length − 1`, in memory of their own, hence aligned for every element type. */
async function read(handle: FileHandle, start: number, length: number, file: string): Promise<ArrayBuffer> {
  const bytes = allocate(length, file);
  let filled = 0;
  while (filled < length) {
    const part = new Uint8Array(bytes, filled, Math.min(length - filled, CHUNK_BYTES));
    const { bytesRead } = await handle.read(part, 0, part.length, start + filled);
    if (bytesRead === 0) {
      throw new FormatError(
        file,
        `truncated while it was read: byte ${start + length} required; it ends at ${start + filled}`,
      );
    }
    filled += bytesRead;
  }
  return bytes;
}

function allocate(length: number, file: string): ArrayBuffer {
  try {
    return new ArrayBuffer(length);
  } catch (cause) {
    throw new FormatError(file, `${length} bytes of memory required; they cannot be had`, undefined, { cause });
  }
}

function swapBytes(bytes: ArrayBuffer, itemBytes: 1 | 2 | 4 | 8): void {
  const buffer = Buffer.from(bytes);
  if (itemBytes === 2) buffer.swap16();
  if (itemBytes === 4) buffer.swap32();
  if (itemBytes === 8) buffer.swap64();
}

function kindOf(stats: { isDirectory(): boolean; isFIFO(): boolean }): string {
  if (stats.isDirectory()) return "a directory";
  return stats.isFIFO() ? "a pipe" : "none";
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { errno: number } {
  return error instanceof Error && "syscall" in error && "errno" in error && typeof error.errno === "number";
}

/** `no such file or directory`, without the code and the path that Node adds. */
function reasonOf(error: NodeJS.ErrnoException & { errno: number }): string {
  return getSystemErrorMap().get(error.errno)?.[1] ?? error.message;
}
