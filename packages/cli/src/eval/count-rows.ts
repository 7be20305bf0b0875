import { CliError, EXIT } from "../exit.ts";
import { interruptedAfter, onInterrupt } from "../interrupt.ts";
import { STDIN } from "../readers/open-bytes.ts";
import type { RowProgress } from "../report/progress-bar.ts";
import { blocksOf } from "./blocks.ts";
import { openInputs } from "./inputs.ts";
import type { EvalFiles, EvalOptions } from "./options.ts";
import { untilAborted } from "./until-aborted.ts";

/**
 * The rows of files that do not say how many they have, such as CSV: reads them to their ends, in the memory of two blocks.
 * @throws FormatError where one of them ends before the others; CliError for standard input, which can be read only once,
 *   and after an interruption
 */
export async function countRows(files: EvalFiles, options: EvalOptions, progress: RowProgress): Promise<number> {
  if (Object.values(files).includes(STDIN)) {
    const message = "--state needs to know the number of rows beforehand, which standard input (-) does not say";
    throw new CliError(EXIT.usage, `${message}; save it in a file`);
  }
  const interruption = new AbortController();
  using _ = onInterrupt(() => interruption.abort());
  const inputs = await openInputs(files, options);
  let rows = 0;
  try {
    for await (const block of untilAborted(blocksOf(inputs), interruption.signal)) {
      rows += block.rows;
      progress.update(rows);
    }
  } finally {
    progress.stop();
    inputs.close();
  }
  if (interruption.signal.aborted) throw interruptedAfter(rows, undefined, "they were only counted");
  return rows;
}
