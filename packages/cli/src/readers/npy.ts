import type { ArrayReader } from "./array-reader.ts";
import { type Bytes, readFully, readUpTo } from "./bytes.ts";
import { NPY_PREFIX_BYTES, npyHeaderExtent, parseNpyHeader } from "./npy-header.ts";
import { rawArray } from "./raw-array.ts";

/**
 * Opens an array saved by `numpy.save`. Nothing is allocated for the elements before the header has been checked
 * against the size of the file.
 *
 * @throws FormatError for what is not a .npy file of plain numbers
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export async function openNpy(bytes: Bytes): Promise<ArrayReader> {
  const { name, size = Infinity } = bytes;
  const prefix = new Uint8Array(NPY_PREFIX_BYTES);
  const shortest = 10; // a version 1.0 prefix; what follows belongs to its header
  const got = await readUpTo(bytes, prefix.subarray(0, shortest));
  const long = got === shortest && (prefix[6] ?? 0) > 1 ? await readUpTo(bytes, prefix.subarray(shortest)) : 0;
  const { start, end } = npyHeaderExtent(prefix.subarray(0, got + long), size, name);
  const text = new Uint8Array(end - start);
  await readFully(bytes, text, "header");
  const header = parseNpyHeader(Buffer.from(text).toString("latin1"), size === Infinity ? undefined : size - end, name);
  return rawArray(bytes, { ...header, name, start: end });
}
