import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { CliError, EXIT, messageOf } from "./exit.ts";

/**
 * Writes a file, all of it or nothing: to a temporary name beside it, synced, and then renamed.
 * @throws CliError with exit code 3 if that fails; nothing is left behind then, and an older file stays as it was
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    await writeSynced(temporary, text);
    await rename(temporary, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first error is the one to report
    throw notWritten(file, error);
  }
}

/**
 * Makes the folder that a file is to be written in: before the work that leads to it.
 * @throws CliError with exit code 3 if that fails
 */
export async function makeFolder(file: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
  } catch (error) {
    throw notWritten(file, error);
  }
}

function notWritten(file: string, error: unknown): CliError {
  return new CliError(EXIT.badInput, `${file}: cannot be written: ${messageOf(error)}`, { cause: error });
}

async function writeSynced(file: string, text: string): Promise<void> {
  await using handle = await open(file, "w");
  await handle.writeFile(text);
  await handle.sync();
}

/** So that the new name is there after a crash. Not every system lets folders be synced. */
async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder);
    await handle.sync();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && NOT_SYNCABLE.includes(String(error.code)))) throw error;
  }
}

const NOT_SYNCABLE = ["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP"];
