import { FormatError } from "./format-error.ts";

/** Bytes from a file, from standard input, or from memory, read front to back. */
export interface Bytes {
  /** For messages. */
  readonly name: string;
  /** How many there are from the start on; not known of a stream. */
  readonly size: number | undefined;
  /**
   * Puts the next bytes at the front of `into`.
   * @returns how many; 0 only at the end
   */
  read(into: Uint8Array): Promise<number>;
  /** Fills `into` with the bytes from `position` on, which changes nothing for `read`. Not in a stream. */
  readonly readAt?: ((position: number, into: Uint8Array) => void) | undefined;
  close(): void;
}

/** Bytes that can be read anywhere. */
export interface SeekableBytes extends Bytes {
  readonly size: number;
  readonly readAt: NonNullable<Bytes["readAt"]>;
  /** As `readAt`, but by another thread where that takes time: the promise settles when `into` is filled. */
  readLater(position: number, into: Uint8Array): Promise<void>;
}

/** Whether `readAt` is there. */
export function isSeekable(bytes: Bytes): bytes is SeekableBytes {
  return "readLater" in bytes;
}

/** Fills as much of `into` as there are bytes, and gives their number. */
export async function readUpTo(bytes: Bytes, into: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const count = await bytes.read(into.subarray(filled));
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** Fills `into`. @throws FormatError if the bytes end before */
export async function readFully(bytes: Bytes, into: Uint8Array, what: string): Promise<void> {
  const count = await readUpTo(bytes, into);
  if (count < into.length) throw ended(bytes.name, into.length, count, what);
}

/** The error of bytes that end too early. */
export function ended(name: string, required: number, came: number, what: string): FormatError {
  return new FormatError(name, `truncated: ${required} bytes of ${what} required; it ends after ${came}`);
}

/** Bytes in memory. */
export function memoryBytes(memory: Uint8Array, name: string): SeekableBytes {
  let at = 0;
  const readAt = (position: number, into: Uint8Array): void => {
    const part = memory.subarray(position, position + into.length);
    if (part.length < into.length) throw ended(name, position + into.length, memory.length, "data");
    into.set(part);
  };
  return {
    name,
    size: memory.length,
    read(into) {
      const part = memory.subarray(at, at + into.length);
      into.set(part);
      at += part.length;
      return Promise.resolve(part.length);
    },
    readAt,
    readLater: (position, into) => Promise.resolve(readAt(position, into)),
    close() {},
  };
}

/** Bytes `start … start + size − 1` of others, which stay open. */
export function sectionOf(bytes: SeekableBytes, start: number, size: number, name: string = bytes.name): SeekableBytes {
  let at = 0;
  const place = (position: number, into: Uint8Array): number => {
    if (position + into.length > size) throw ended(name, position + into.length, size, "data");
    return start + position;
  };
  return {
    name,
    size,
    async read(into) {
      const part = into.subarray(0, size - at);
      const from = start + at;
      at += part.length;
      if (part.length > 0) await bytes.readLater(from, part);
      return part.length;
    },
    readAt: (position, into) => bytes.readAt(place(position, into), into),
    readLater: (position, into) => bytes.readLater(place(position, into), into),
    close() {},
  };
}

/** Bytes that come in chunks; closing them ends the iteration, and does what `close` does. */
export function bytesOfChunks(chunks: AsyncIterable<Uint8Array>, name: string, close: () => void = () => {}): Bytes {
  const iterator = chunks[Symbol.asyncIterator]();
  let chunk = new Uint8Array(0);
  return {
    name,
    size: undefined,
    async read(into) {
      while (chunk.length === 0) {
        const next = await iterator.next();
        if (next.done === true) return 0;
        chunk = next.value as Uint8Array<ArrayBuffer>;
      }
      const part = chunk.subarray(0, into.length);
      into.set(part);
      chunk = chunk.subarray(part.length);
      return part.length;
    },
    close() {
      void iterator.return?.();
      close();
    },
  };
}

/** Bytes with some at their front that were read already. */
export function withFront(front: Uint8Array, bytes: Bytes): Bytes {
  let rest = front;
  return {
    name: bytes.name,
    size: bytes.size,
    read(into) {
      if (rest.length === 0) return bytes.read(into);
      const part = rest.subarray(0, into.length);
      into.set(part);
      rest = rest.subarray(part.length);
      return Promise.resolve(part.length);
    },
    close: () => bytes.close(),
  };
}

/** The bytes to their end, in chunks of at most `chunkBytes`, each with memory of its own. */
export async function* chunksOf(bytes: Bytes, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let left = bytes.size ?? Infinity; left > 0;) {
    const chunk = new Uint8Array(Math.min(chunkBytes, left));
    const count = await bytes.read(chunk);
    if (count === 0) return;
    left -= count;
    yield chunk.subarray(0, count);
  }
}
