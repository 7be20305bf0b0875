import { access, open } from "node:fs/promises";
import { CliError, EXIT, messageOf } from "../exit.ts";
import { FormatError } from "../readers/format-error.ts";
import { makeFolder, writeWhole } from "../write-whole.ts";
import { settingDifferences } from "./differences.ts";
import { MAX_STATE_BYTES, parseState, stateText } from "./parse.ts";
import type { EvalState, Shard, StateSettings } from "./state.ts";

/**
 * Reads a state file.
 * @throws FormatError for a file that cannot be read, or is no state
 */
export async function readState(file: string): Promise<EvalState> {
  return parseState(await readBytes(file), file);
}

/**
 * Writes a state file, all of it or nothing, synced.
 * @throws CliError with exit code 3 if that fails; an older file stays as it was then
 */
export async function writeState(file: string, state: EvalState): Promise<void> {
  await writeWhole(file, stateText(state));
}

/**
 * What a run finds where it is to write its state: nothing, or how far an earlier run of the same came. Its folder is there then.
 * @throws FormatError for a file that is no state; CliError with exit code 3 for the state of another evaluation or shard,
 *   which is not overwritten, and for a folder that cannot be made
 */
export async function earlierState(
  file: string,
  settings: StateSettings,
  { index, count }: Shard,
): Promise<EvalState | undefined> {
  if (!(await exists(file))) {
    await makeFolder(file);
    return undefined;
  }
  const state = await readState(file);
  const differences = settingDifferences(state.settings, settings);
  const { shard } = state;
  if (shard.index !== index || shard.count !== count) {
    differences.unshift(`shard ${shard.index}/${shard.count}, not ${index}/${count}`);
  }
  if (differences.length === 0) return state;
  const message = `${file}: holds another evaluation: ${differences.join("; ")}. Move it away, or name another file`;
  throw new CliError(EXIT.badInput, message);
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    if (size > MAX_STATE_BYTES) {
      throw new FormatError(file, `a state file has at most ${MAX_STATE_BYTES} bytes; got ${size}`);
    }
    return await handle.readFile();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(file, `the state cannot be read: ${messageOf(error)}`, undefined, { cause: error });
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw new FormatError(file, `the state cannot be read: ${messageOf(error)}`, undefined, { cause: error });
  }
}
