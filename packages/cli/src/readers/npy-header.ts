import { ELEMENTS, type ElementType } from "./elements.ts";
import { FormatError } from "./format-error.ts";
import { parseNpyDict } from "./npy-dict.ts";

/** NumPy's name of an element type, without the byte order. */
export type NpyType = Exclude<ElementType, "bf">;

/** What the header of a .npy file says, checked. */
export interface NpyHeader {
  readonly type: NpyType;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Bytes of all elements. */
  readonly dataBytes: number;
}

/** Where the header's text lies in the file; the elements follow it. */
export interface HeaderExtent {
  readonly start: number;
  readonly end: number;
}

/** Magic, version and the longer of the two forms of the header length. */
export const NPY_PREFIX_BYTES = 12;

/** NumPy pads headers to 128 bytes or so; whatever claims more than this is not one. */
export const NPY_HEADER_LIMIT = 65_536;

const MAGIC = "\u0093NUMPY";
const MAX_DIMS = 64; // NumPy 2's own limit
const UNREADABLE: Readonly<Record<string, string>> = {
  O: "pickled Python objects, which are never loaded",
  V: "raw bytes (a bfloat16 array is saved like this: save it as float32)",
  c: "complex numbers",
  S: "text",
  U: "text",
  M: "dates",
  m: "time spans",
};

/**
 * Where the header is, told by the first `NPY_PREFIX_BYTES` of the file before anything more is read.
 * @param fileBytes size of the file; Infinity if it is a stream
 * @throws FormatError
 */
export function npyHeaderExtent(prefix: Uint8Array, fileBytes: number, file: string): HeaderExtent {
  const magic = String.fromCharCode(...prefix.subarray(0, MAGIC.length));
  if (magic !== MAGIC || prefix.length < MAGIC.length + 2) {
    throw new FormatError(file, `a .npy file starts with \\x93NUMPY and its version; got ${shown(prefix)}`);
  }
  const [major = 0, minor = 0] = prefix.subarray(MAGIC.length);
  if (![1, 2, 3].includes(major) || minor !== 0) {
    throw new FormatError(file, `.npy version 1.0, 2.0 or 3.0 required; got ${major}.${minor}`);
  }
  const start = major === 1 ? 10 : 12;
  if (prefix.length < start)
    throw new FormatError(file, `${start} bytes before the header required; got ${prefix.length}`);
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > NPY_HEADER_LIMIT) {
    throw new FormatError(file, `a header of at most ${NPY_HEADER_LIMIT} bytes required; it claims ${length}`);
  }
  if (start + length > fileBytes) {
    throw new FormatError(file, `the header ends at byte ${start + length}; the file has only ${fileBytes}`);
  }
  return { start, end: start + length };
}

/**
 * Checks a header's text, and that the file holds exactly the elements that it promises.
 * @param dataFileBytes bytes that follow the header; not known of a stream
 * @throws FormatError
 */
export function parseNpyHeader(text: string, dataFileBytes: number | undefined, file: string): NpyHeader {
  const { descr, fortranOrder, shape } = parseNpyDict(text, file);
  const { type, bigEndian } = parseDescr(descr, file);
  if (shape.length > MAX_DIMS) {
    throw new FormatError(file, `at most ${MAX_DIMS} dimensions required; got ${shape.length}`, "shape");
  }
  const dataBytes = sizeInBytes(shape, ELEMENTS[type].bytes);
  if (!Number.isSafeInteger(dataBytes)) {
    throw new FormatError(file, `fewer than 2^53 bytes of elements required; got (${shape.join(", ")})`, "shape");
  }
  if (dataFileBytes !== undefined && dataBytes !== dataFileBytes) {
    const problem = dataFileBytes < dataBytes ? "truncated" : "longer than its header says";
    const needed = `shape (${shape.join(", ")}) of ${type} needs ${dataBytes} bytes after the header`;
    throw new FormatError(file, `${problem}: ${needed}; found ${dataFileBytes}`);
  }
  return { type, bigEndian, fortranOrder, shape, dataBytes };
}

function parseDescr(descr: string, file: string): Pick<NpyHeader, "type" | "bigEndian"> {
  const order = descr.slice(0, 1);
  const name = descr.slice(1);
  const why = UNREADABLE[name.slice(0, 1)];
  if (why !== undefined) throw new FormatError(file, `numbers required; got "${descr}", ${why}`, "descr");
  const ordered = isType(name) && (order === "<" || order === ">" || (order === "|" && ELEMENTS[name].bytes === 1));
  if (!ordered) {
    const known = `an integer or float of 1 to 8 bytes with its byte order, such as "<f4" or "<i8", required`;
    throw new FormatError(file, `${known}; got "${descr}"`, "descr");
  }
  return { type: name, bigEndian: order === ">" };
}

function isType(name: string): name is NpyType {
  return Object.hasOwn(ELEMENTS, name) && name !== "bf";
}

/** Any empty dimension makes the array empty, however large the others are; every partial product must be exact. */
function sizeInBytes(shape: readonly number[], itemBytes: number): number {
  if (shape.includes(0)) return 0;
  let bytes = itemBytes;
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) return NaN;
  }
  return bytes;
}

function shown(bytes: Uint8Array): string {
  return bytes.length === 0 ? "an empty file" : JSON.stringify(String.fromCharCode(...bytes.subarray(0, 8)));
}
