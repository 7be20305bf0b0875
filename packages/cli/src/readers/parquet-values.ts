import type { DecodedArray, Encoding } from "hyparquet";
import { convert, DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { readDataPage } from "hyparquet/src/datapage.js";
import type { Elements } from "./array-reader.ts";
import type { SeekableBytes } from "./bytes.ts";
import { bytesOfElements, newElements } from "./elements.ts";
import { FormatError } from "./format-error.ts";
import { openDeltas, openDeltaStrings } from "./parquet-deltas.ts";
import { bytesAt, type ParquetDictionary, type ParquetPage } from "./parquet-pages.ts";
import { openRuns } from "./parquet-runs.ts";
import type { ParquetLeaf } from "./parquet-schema.ts";

/** Where values go: every `stride`-th element from `offset` on. */
export interface Target {
  readonly into: Elements;
  readonly offset: number;
  readonly stride: number;
  /** What is thrown for a value that cannot be an element, which it counts from the first that is put there. */
  readonly error: (index: number, problem: string) => Error;
}

/** The values of a page, front to back. */
export interface ParquetValues {
  /** Puts the next `count` values where they are wanted; they are there when what it gives is settled. */
  take(count: number, target: Target): void | Promise<void>;
}

/** The truth values by their number. */
const TRUTH = Uint8Array.of(0, 1);

/** How many values a byte can stand for, where hyparquet decodes them: plain ones take a bit at least. */
const VALUES_PER_BYTE: ReadonlyMap<Encoding, number> = new Map([
  ["PLAIN", 8],
  ["BYTE_STREAM_SPLIT", 1],
  ["ALP", 128],
]);

/** Of the longest decimal that is written. */
const DECIMAL_BYTES = 32;

/** What dictionaries hold, as long as they are in use. */
const DECODED = new WeakMap<ParquetDictionary, Elements>();

/**
 * Makes the values of a page ready to be taken. What is told by number, of a dictionary's, by differences, or plainly in one size is read
 * as it is taken; of other encodings hyparquet decodes the page as a whole.
 */
export function parquetValues(page: ParquetPage, leaf: ParquetLeaf, file: string): ParquetValues {
  const { encoding, entries, values, dictionary } = page;
  if (entries === 0) return listed([]); // and there may be no bytes
  if (encoding === "RLE_DICTIONARY" || encoding === "PLAIN_DICTIONARY") {
    if (dictionary === undefined) throw new TypeError("values of a dictionary that is not there");
    const [width = 0] = bytesAt(values, 0, Math.min(values.size, 1));
    return looked(openRuns(whole(values).subarray(1), width), elementsOf(dictionary, leaf, file));
  }
  if (encoding === "RLE" && leaf.element.type === "BOOLEAN") {
    const size = new DataView(bytesAt(values, 0, 4).buffer).getUint32(0, true);
    return looked(openRuns(bytesAt(values, 4, size), 1), TRUTH);
  }
  if (encoding.startsWith("DELTA_")) return deltas(page, leaf);
  const width = widthOf(leaf.element);
  if (encoding === "PLAIN" && width !== undefined) return plain(values, { entries, width, leaf });
  return listed(decode(encoding, entries, { bytes: whole(values), leaf }));
}

function whole(bytes: SeekableBytes): Uint8Array {
  return bytesAt(bytes, 0, bytes.size);
}

/** Bytes of a plain value, where all have the same. */
function widthOf({ type, type_length: length }: ParquetLeaf["element"]): number | undefined {
  if (type === "FLOAT" || type === "INT32") return 4;
  if (type === "DOUBLE" || type === "INT64") return 8;
  return type === "FIXED_LEN_BYTE_ARRAY" ? length : undefined;
}

function plain(
  values: SeekableBytes,
  { entries, width, leaf }: { readonly entries: number; readonly width: number; readonly leaf: ParquetLeaf },
): ParquetValues {
  if (values.size < entries * width) throw new RangeError(`${entries} values cannot be in ${values.size} bytes`);
  const asStored = leaf.dtype === (leaf.element.type === "FLOAT" ? "f32" : leaf.element.type === "DOUBLE" ? "f64" : "");
  let at = 0;
  return {
    take(count, target) {
      const start = at * width;
      at += count;
      const { into, offset, stride } = target;
      if (asStored && stride === 1) {
        return values.readLater(start, bytesOfElements(into.subarray(offset, offset + count)));
      }
      return put(decode("PLAIN", count, { bytes: bytesAt(values, start, count * width), leaf }), target);
    },
  };
}

function looked(numbers: ReturnType<typeof openRuns>, known: Elements): ParquetValues {
  return {
    take(count, { into, offset, stride }) {
      for (let i = 0; i < count;) {
        const number = numbers.value();
        const value = known[number];
        if (value === undefined) throw new RangeError(`value ${number} of a dictionary of ${known.length}`);
        for (const end = i + numbers.skip(count - i); i < end; i++) into[offset + i * stride] = value as never;
      }
    },
  };
}

/** Integers, or strings of bytes, whose lengths are told so. */
function deltas({ encoding, values }: ParquetPage, leaf: ParquetLeaf): ParquetValues {
  const bytes = whole(values);
  const { type, type_length: size } = leaf.element;
  if (encoding === "DELTA_BINARY_PACKED") {
    const Integers = type === "INT32" ? Int32Array : type === "INT64" ? BigInt64Array : undefined;
    if (Integers === undefined) throw new TypeError(`${type} encoded as ${encoding}`);
    const integers = openDeltas(bytes);
    return {
      take(count, target) {
        const next = new Integers(count);
        integers.read(next);
        put(convert(next, decoderOf(leaf)), target);
      },
    };
  }
  if (type !== "BYTE_ARRAY" && type !== "FIXED_LEN_BYTE_ARRAY") throw new TypeError(`${type} encoded as ${encoding}`);
  const sizes = { least: size ?? 0, most: Math.min(size ?? Infinity, DECIMAL_BYTES) };
  const strings = openDeltaStrings(bytes, { prefixed: encoding === "DELTA_BYTE_ARRAY", ...sizes });
  return { take: (count, target) => put(convert(strings.take(count), decoderOf(leaf)), target) };
}

function listed(values: DecodedArray): ParquetValues {
  let at = 0;
  return {
    take(count, target) {
      const end = at + count;
      if (end > values.length) throw new RangeError(`${end} values required in a page; got ${values.length}`);
      put(ArrayBuffer.isView(values) ? values.subarray(at, end) : values.slice(at, end), target);
      at = end;
    },
  };
}

/** The values of a dictionary, which all pages of a chunk ask for. */
function elementsOf(dictionary: ParquetDictionary, leaf: ParquetLeaf, file: string): Elements {
  const known = DECODED.get(dictionary);
  if (known !== undefined) return known;
  const { bytes, entries } = dictionary;
  const values = decode("PLAIN", entries, { bytes: whole(bytes), leaf });
  const into = newElements(leaf.dtype, values.length);
  const error = (_: number, problem: string): Error =>
    new FormatError(file, `column ${JSON.stringify(leaf.column)}: ${problem}`);
  put(values, { into, offset: 0, stride: 1, error });
  DECODED.set(dictionary, into);
  return into;
}

function put(values: DecodedArray, { into, offset, stride, error }: Target): void {
  const same = values.constructor === into.constructor;
  if (same && stride === 1) {
    into.set(values as never, offset);
    return;
  }
  const element = same ? undefined : into instanceof BigInt64Array ? bigintOf : numberOf;
  for (let i = 0; i < values.length; i++) {
    const value: unknown = element === undefined ? values[i] : element(values[i]);
    if (value === undefined) {
      const required = into instanceof BigInt64Array ? "an integer below 2^63" : "a number";
      throw error(i, `${required} required; got ${String(values[i])}`);
    }
    into[offset + i * stride] = value as never;
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "boolean" || typeof value === "number" ? Number(value) : undefined;
}

function bigintOf(value: unknown): bigint | undefined {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  return typeof value === "bigint" && value < 2n ** 63n ? value : undefined;
}

/** Values without levels, as hyparquet decodes and converts them. */
function decode(
  encoding: Encoding,
  entries: number,
  { bytes, leaf }: { readonly bytes: Uint8Array; readonly leaf: ParquetLeaf },
): DecodedArray {
  // an absurd number would take memory before it is found wrong
  const most = VALUES_PER_BYTE.get(encoding);
  if (most === undefined) throw new TypeError(`values encoded as ${encoding}`);
  if (entries > most * bytes.length) throw new RangeError(`${entries} values cannot be in ${bytes.length} bytes`);
  const decoder = decoderOf(leaf);
  const levels = { definition_level_encoding: "RLE", repetition_level_encoding: "RLE" } as const;
  return convert(readDataPage(bytes, { num_values: entries, encoding, ...levels }, decoder).dataPage, decoder);
}

/** What hyparquet wants to know of a column; no schemaPath, as no levels are before the values. */
function decoderOf({ element, path }: ParquetLeaf): Parameters<typeof convert>[1] {
  const { type } = element;
  if (type === undefined) throw new TypeError("a column without a type");
  return { pathInSchema: [path], type, element, schemaPath: [], codec: "UNCOMPRESSED", parsers: DEFAULT_PARSERS };
}
