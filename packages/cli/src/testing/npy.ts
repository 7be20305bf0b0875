import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The parts of a .npy file. */
export interface NpyParts {
  readonly descr?: string;
  readonly fortranOrder?: boolean;
  readonly shape?: string;
  readonly major?: number;
  readonly minor?: number;
  /** The header's text, instead of one made of the parts above. */
  readonly header?: string;
  /** The header length that the file claims, instead of the true one. */
  readonly claims?: number;
  readonly data?: ArrayBufferView | undefined;
}

/** A .npy file as NumPy writes it, except where told otherwise. */
export function npyBytes(parts: NpyParts = {}): Buffer {
  const { descr = "<f4", fortranOrder = false, shape = "(0,)", major = 1, minor = 0, data } = parts;
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortranOrder ? "True" : "False"}, 'shape': ${shape}, }`;
  const start = major === 1 ? 10 : 12;
  const padding = 63 - ((start + dict.length) % 64);
  const header = parts.header ?? `${dict}${" ".repeat(padding)}\n`;
  const prefix = Buffer.alloc(start);
  prefix.write("\u0093NUMPY", "latin1");
  prefix.writeUInt8(major, 6);
  prefix.writeUInt8(minor, 7);
  const claims = parts.claims ?? header.length;
  if (major === 1) prefix.writeUInt16LE(claims, 8);
  else prefix.writeUInt32LE(claims, 8);
  const elements = data === undefined ? Buffer.alloc(0) : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([prefix, Buffer.from(header, "latin1"), elements]);
}

/** Writes bytes to a file of their own and gives its path. */
export function temporary(bytes: Uint8Array, name: string = "array.npy"): string {
  const path = join(mkdtempSync(join(tmpdir(), "surprisal-")), name);
  writeFileSync(path, bytes);
  return path;
}
