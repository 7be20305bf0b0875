import { closeSync, fstatSync, openSync, read, readSync, type Stats } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { getSystemErrorMap } from "node:util";
import { type Bytes, ended, type SeekableBytes } from "./bytes.ts";
import { FormatError } from "./format-error.ts";

/** The name of standard input on the command line. */
export const STDIN = "-";

/** One call takes no more; larger ones are slower, and at 2 GiB the platform's limit is near. */
const CALL_BYTES = 4 * 2 ** 20;

/**
 * Opens a file, or standard input for `-`.
 * @throws FormatError with the reason of the system
 */
export function openBytes(file: string): Bytes {
  return file === STDIN ? standardInput() : fileBytes(file);
}

/** A regular file. `read` is done by another thread, so that it takes no time from what is computed meanwhile. */
function fileBytes(file: string): SeekableBytes {
  const fd = attempt(file, () => openSync(file, "r"));
  const stats = fstatSync(fd);
  if (!stats.isFile()) {
    closeSync(fd);
    throw new FormatError(file, `a regular file required; this is ${kindOf(stats)}`);
  }
  let at = 0;
  const readSome = (position: number, into: Uint8Array): number =>
    attempt(file, () => readSync(fd, into, 0, Math.min(into.length, CALL_BYTES), position));
  return {
    name: file,
    size: stats.size,
    async read(into) {
      const { count, error } = await readOnce(fd, into, at);
      if (error !== undefined) throw systemError(file, error);
      at += count;
      return count;
    },
    readAt(position, into) {
      for (let filled = 0; filled < into.length;) {
        const count = readSome(position + filled, into.subarray(filled));
        if (count === 0) throw ended(file, position + into.length, position + filled, "data");
        filled += count;
      }
    },
    async readLater(position, into) {
      for (let filled = 0; filled < into.length;) {
        const { count, error } = await readOnce(fd, into.subarray(filled), position + filled);
        if (error !== undefined) throw systemError(file, error);
        if (count === 0) throw ended(file, position + into.length, position + filled, "data");
        filled += count;
      }
    },
    close: () => closeSync(fd),
  };
}

/** File descriptor 0, whatever it is: a pipe, a file, a terminal. */
function standardInput(): Bytes {
  const name = "standard input";
  return {
    name,
    size: undefined,
    async read(into) {
      for (;;) {
        const { count, error } = await readOnce(0, into, null);
        if (error === undefined) return count;
        if (error.code === "EOF") return 0; // how Windows ends a pipe
        if (error.code !== "EAGAIN") throw systemError(name, error);
        await setTimeout(1); // the other end made the pipe non-blocking and has nothing yet
      }
    },
    close() {},
  };
}

function readOnce(
  fd: number,
  into: Uint8Array,
  position: number | null,
): Promise<{ readonly count: number; readonly error?: NodeJS.ErrnoException }> {
  return new Promise((resolve) => {
    read(fd, into, 0, Math.min(into.length, CALL_BYTES), position, (error, count) =>
      resolve(error === null ? { count } : { count: 0, error }),
    );
  });
}

/** What `action` gives; an error of the system becomes a FormatError. */
export function attempt<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw isSystemError(error) ? systemError(file, error) : error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "errno" in error && typeof error.errno === "number";
}

/** `logits.npy: no such file or directory`, without the code and the path that Node adds. */
function systemError(file: string, error: NodeJS.ErrnoException): FormatError {
  const reason = getSystemErrorMap().get(error.errno ?? 0)?.[1] ?? error.message;
  return new FormatError(file, reason, undefined, { cause: error });
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a directory";
  return stats.isFIFO() ? "a pipe (use - for standard input)" : "none";
}
