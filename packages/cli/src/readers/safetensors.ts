import type { ArrayReader } from "./array-reader.ts";
import { readFully, readUpTo, sectionOf, type SeekableBytes } from "./bytes.ts";
import { memberNamed, type Wanted } from "./members.ts";
import { rawArray } from "./raw-array.ts";
import { parseSafetensorsHeader, SAFETENSORS_PREFIX_BYTES, safetensorsHeaderBytes } from "./safetensors-header.ts";

/** Opens one tensor of a .safetensors file. @throws FormatError */
export async function openSafetensors(bytes: SeekableBytes, wanted: Wanted): Promise<ArrayReader> {
  const { name: file, size } = bytes;
  const prefix = new Uint8Array(SAFETENSORS_PREFIX_BYTES);
  const length = safetensorsHeaderBytes(prefix.subarray(0, await readUpTo(bytes, prefix)), size, file);
  const text = new Uint8Array(length);
  await readFully(bytes, text, "header");
  const data = SAFETENSORS_PREFIX_BYTES + length;
  const entries = parseSafetensorsHeader(new TextDecoder().decode(text), size - data, file);
  const { name, type, shape, begin, end } = memberNamed(entries, wanted, { file, kind: "tensor" });
  const section = sectionOf(bytes, data + begin, end - begin, `${file}, tensor ${name}`);
  const array = { name: section.name, type, shape, bigEndian: false, fortranOrder: false, start: 0 };
  return rawArray({ ...section, close: () => bytes.close() }, array);
}
