import type { ArrayReader } from "../readers/array-reader.ts";
import { type Bytes, bytesOfChunks } from "../readers/bytes.ts";
import { newElements } from "../readers/elements.ts";
import { arraysOf, type Opening } from "../readers/formats.ts";
import type { Wanted } from "../readers/members.ts";
import { openShards } from "../readers/shards.ts";

/** An array that was read to its end, halves as their bits. */
export interface ReadArray extends Pick<ArrayReader, "name" | "dtype" | "shape" | "text"> {
  readonly values: readonly number[];
}

/** How a test reads. */
export interface ReadOptions extends Partial<Pick<Opening, "format">> {
  /** What in the file; the only array, if not said. */
  readonly wish?: string | undefined;
  /** Elements that are asked for at a time. */
  readonly part?: number;
}

/** The wish of a test. */
export function wishOf(name?: string): Wanted {
  return { name, option: "--logits" };
}

/** Reads one array from a file, or from shards, to its end. */
export async function readFile(file: string, { wish, part, format }: ReadOptions = {}): Promise<ReadArray> {
  const [reader] = await openShards({ file, wishes: [wishOf(wish)], format });
  return readAll(reader, part);
}

/** The same from bytes that are open. */
export async function readBytes(bytes: Bytes, { wish, part, format }: ReadOptions = {}): Promise<ReadArray> {
  const [reader] = await arraysOf(bytes, { file: bytes.name, wishes: [wishOf(wish)], format });
  return readAll(reader, part);
}

async function readAll(reader: ArrayReader | undefined, part: number = 1000): Promise<ReadArray> {
  if (reader === undefined) throw new TypeError("a reader for each wish");
  try {
    const values: number[] = [];
    const into = newElements(reader.dtype, part);
    for (let count = await reader.read(into); count > 0; count = await reader.read(into)) {
      for (let i = 0; i < count; i++) values.push(Number(into[i]));
    }
    const { name, dtype, shape, text } = reader;
    return { name, dtype, shape, text, values };
  } finally {
    reader.close();
  }
}

/** Bytes as they come through a pipe, in pieces of the given size. */
export function piped(bytes: Uint8Array, piece: number = 7, name: string = "standard input"): Bytes {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.slice(at, at + piece);
  }
  return bytesOfChunks(pieces(), name);
}
