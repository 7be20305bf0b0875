import { FormatError } from "./format-error.ts";
import { ELEMENTS, type ElementType } from "./elements.ts";

/** One tensor of a .safetensors file. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** First and last byte (exclusive) after the header. */
  readonly begin: number;
  readonly end: number;
}

/** Bytes of the length in front of the header. */
export const SAFETENSORS_PREFIX_BYTES = 8;
/** The reference implementation's own limit. */
const SAFETENSORS_HEADER_LIMIT = 100_000_000;

const TYPES: ReadonlyMap<string, ElementType> = new Map([
  ["BOOL", "b1"],
  ["U8", "u1"],
  ["I8", "i1"],
  ["I16", "i2"],
  ["U16", "u2"],
  ["I32", "i4"],
  ["U32", "u4"],
  ["I64", "i8"],
  ["U64", "u8"],
  ["F16", "f2"],
  ["BF16", "bf"],
  ["F32", "f4"],
  ["F64", "f8"],
]);

/**
 * The header's length, told by the first 8 bytes before anything more is read.
 * @throws FormatError
 */
export function safetensorsHeaderBytes(prefix: Uint8Array, fileBytes: number, file: string): number {
  if (prefix.length < SAFETENSORS_PREFIX_BYTES) {
    throw new FormatError(file, `a .safetensors file starts with 8 bytes of header length; it has ${prefix.length}`);
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length > SAFETENSORS_HEADER_LIMIT) {
    throw new FormatError(file, `a header of at most ${SAFETENSORS_HEADER_LIMIT} bytes required; it claims ${length}`);
  }
  const end = SAFETENSORS_PREFIX_BYTES + Number(length);
  if (end > fileBytes) {
    throw new FormatError(file, `the header ends at byte ${end}; the file has ${fileBytes}`);
  }
  return Number(length);
}

/**
 * Checks a header: tensors lie one after the other without gaps or overlap, and fill the file exactly, as the format
 * demands. Types that cannot be read are no error until they are asked for, so they are left out.
 *
 * @param dataBytes bytes that follow the header
 * @throws FormatError
 * @see https://github.com/huggingface/safetensors#format
 */
export function parseSafetensorsHeader(text: string, dataBytes: number, file: string): readonly SafetensorsEntry[] {
  const header = parseJson(text, file);
  const entries: SafetensorsEntry[] = [];
  const extents: Pick<SafetensorsEntry, "name" | "begin" | "end">[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, begin, end } = parseEntry(value, name, file);
    extents.push({ name, begin, end });
    const type = TYPES.get(dtype);
    if (type === undefined) continue;
    const bytes = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, ELEMENTS[type].bytes);
    if (bytes !== end - begin) {
      const needed = `tensor ${JSON.stringify(name)}: shape [${shape.join(", ")}] of ${dtype} needs ${bytes} bytes`;
      throw new FormatError(file, `${needed}; its offsets are ${begin} … ${end}`);
    }
    entries.push({ name, type, shape, begin, end });
  }
  checkExtents(extents, dataBytes, file);
  return entries;
}

function parseJson(text: string, file: string): object {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(file, "the header must be JSON", undefined, { cause });
  }
  if (typeof header === "object" && header !== null && !Array.isArray(header)) return header;
  throw new FormatError(file, "the header must be a JSON object");
}

function parseEntry(
  value: unknown,
  name: string,
  file: string,
): { readonly dtype: string; readonly shape: readonly number[]; readonly begin: number; readonly end: number } {
  const entry = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string") throw wrong("dtype", "a name such as F32", dtype);
  if (!isSizes(shape)) throw wrong("shape", "a list of sizes below 2^53", shape);
  if (!isSizes(offsets) || offsets.length !== 2) throw wrong("data_offsets", "first and last byte", offsets);
  const [begin = 0, end = 0] = offsets;
  return { dtype, shape, begin, end };

  function wrong(field: string, required: string, came: unknown): FormatError {
    const got = (JSON.stringify(came) ?? "nothing").slice(0, 60);
    return new FormatError(file, `tensor ${JSON.stringify(name)}: ${required} required; got ${got}`, field);
  }
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

function checkExtents(
  extents: readonly Pick<SafetensorsEntry, "name" | "begin" | "end">[],
  dataBytes: number,
  file: string,
): void {
  let at = 0;
  for (const { name, begin, end } of extents.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at || end < begin) {
      const message = `tensor ${JSON.stringify(name)} must begin at byte ${at}, where the one before ends; it is at ${begin} … ${end}`;
      throw new FormatError(file, message, "data_offsets");
    }
    at = end;
  }
  if (at === dataBytes) return;
  const problem = at > dataBytes ? "truncated" : "longer than its header says";
  throw new FormatError(file, `${problem}: its tensors need ${at} bytes after the header; found ${dataBytes}`);
}
