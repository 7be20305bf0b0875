import { execFile } from "node:child_process";
import { statfsSync } from "node:fs";
import { promisify } from "node:util";
import { errorText } from "../text.ts";

/** The type of a file system that is in memory, by Linux. */
const TMPFS = 0x0102_1994;

/**
 * Throws files out of the system's page cache, so that the next to read them waits for the disk; programs and all other
 * files stay in it, and no rights are needed. GNU dd asks for it with POSIX_FADV_DONTNEED; Node has no call that does.
 * @throws Error where that cannot be done
 */
export async function dropFromCache(paths: readonly string[], signal: AbortSignal): Promise<void> {
  for (const path of paths) {
    if (statfsSync(path).type === TMPFS) throw new Error("temporary files are in memory (tmpfs); set TMPDIR");
    await promisify(execFile)("dd", [`if=${path}`, "iflag=nocache", "count=0", "status=none"], { signal });
  }
}

/** Why files cannot be thrown out of the page cache, if so. */
export async function cacheProblem(paths: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  try {
    await dropFromCache(paths, signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return errorText(error);
  }
}
