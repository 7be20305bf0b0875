import type { FoundCause } from "../metrics/non-finite.ts";
import type { RowBlock } from "../metrics/row-block.ts";

/** Finds out why the loss of a row of a block is not finite. */
export type CauseOf = (row: number) => FoundCause;

/**
 * Notes the rows of a block whose loss is not finite.
 * @param prepare asked once, and only where there is such a row: what it takes to look at rows is not paid for otherwise
 */
export async function noteNonFinite(block: RowBlock, prepare: () => Promise<CauseOf>): Promise<void> {
  const { rows, firstRow, kept, loss, target, nonFinite } = block;
  let causeOf: CauseOf | undefined;
  for (let row = 0; row < rows; row++) {
    if (Number.isFinite(loss[row]) || kept[row] === 0) continue;
    causeOf ??= await prepare();
    nonFinite.push({ row: firstRow + row, target: target[row] as number, loss: loss[row] as number, ...causeOf(row) });
  }
}
