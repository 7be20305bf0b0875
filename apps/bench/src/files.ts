import { closeSync, openSync, readSync, writeFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CaseData, Values } from "./contestant.ts";
import type { FileValues } from "./protocol.ts";

// Arrays as raw files, little-endian as every machine that Node runs on today is.

/** Writes a case's inputs into a folder, once for all contestants. */
export function writeInputs({ inputs }: CaseData, folder: string): Readonly<Record<string, FileValues>> {
  const files = Object.entries(inputs).map(([name, { values, shape }]): [string, FileValues] => {
    const dtype = values instanceof Float32Array ? "f32" : "i32";
    const file = join(folder, `${name}.${dtype}`);
    writeFileSync(file, values);
    return [name, { dtype, shape, file }];
  });
  return Object.fromEntries(files);
}

/** An input from its file, in memory of its own. */
export function readValues({ dtype, shape, file }: FileValues): Values {
  const bytes = readBytes(file);
  return { shape, values: dtype === "f32" ? new Float32Array(bytes) : new Int32Array(bytes) };
}

/** An output from its file. */
export function readFloats(file: string): Float32Array {
  return new Float32Array(readBytes(file));
}

/** Writes an output. */
export function writeFloats(file: string, values: Float32Array): void {
  writeFileSync(file, values);
}

/** Straight into memory of its own: `readFileSync` would leave a copy to be collected. */
function readBytes(file: string): ArrayBuffer {
  const bytes = new ArrayBuffer(statSync(file).size);
  const descriptor = openSync(file, "r");
  try {
    for (let at = 0; at < bytes.byteLength;) {
      const read = readSync(descriptor, new Uint8Array(bytes), at, bytes.byteLength - at, at);
      if (read === 0) throw new RangeError(`${file} ended after ${at} of ${bytes.byteLength} bytes`);
      at += read;
    }
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}
