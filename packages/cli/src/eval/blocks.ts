import { bytesOf } from "@surprisal/core";
import { type ArrayReader, type Elements, readElements } from "../readers/array-reader.ts";
import { newElements } from "../readers/elements.ts";
import { FormatError } from "../readers/format-error.ts";
import type { Geometry } from "./geometry.ts";
import type { EvalInputs } from "./inputs.ts";

/** Some rows that follow each other, as they were read. */
export interface InputBlock {
  readonly firstRow: number;
  readonly rows: number;
  /** `[outer, classes, inner]`, dense; `outer · inner` are the rows. */
  readonly shape: readonly [outer: number, classes: number, inner: number];
  readonly logits: Elements;
  /** One per row, or one per logit. */
  readonly targets: Elements;
  readonly rowWeight: Elements | undefined;
}

/** Logits of one block: large enough for the kernels, small enough for a processor's cache. */
export const BLOCK_BYTES: number = 4 * 2 ** 20;
/** More rows than this need more memory for their results than for their logits. */
const BLOCK_ROWS = 2 ** 16;
/** One position of an outer axis with all its classes, where its file cannot be read anywhere but front to back. */
const HELD_BYTES = 256 * 2 ** 20;

/** Gives memory for so many logits that is better than any other, if there is some. */
export type Lend = (length: number) => Elements | undefined;

/**
 * Reads logits, targets and row weights in step, a block of whole rows at a time. Memory: two blocks, whatever the size of
 * the files. The arrays of a block are overwritten by the next but one.
 *
 * @param lend asked for memory after the first block was worked through
 * @throws FormatError where one of them ends before the others
 */
export async function* blocksOf(
  inputs: EvalInputs,
  blockBytes: number = BLOCK_BYTES,
  lend: Lend = () => undefined,
): AsyncGenerator<InputBlock> {
  const { geometry, logits } = inputs;
  const { outer, classes, inner } = geometry;
  if (outer === 0 || inner === 0) return;
  const unitBytes = classes * inner * bytesOf(logits.dtype);
  if (unitBytes > blockBytes && inner > 1 && outer !== undefined && seekable(inputs)) {
    yield* gathered(inputs, outer, blockBytes);
    return;
  }
  if (unitBytes > HELD_BYTES && inner > 1) throw tooFarApart(logits, geometry, unitBytes);
  const fitting = Math.floor(Math.min(blockBytes / unitBytes, BLOCK_ROWS / inner));
  yield* frontToBack(inputs, Math.max(1, fitting), lend);
}

/** One block is read while the one before it is computed. */
async function* frontToBack(inputs: EvalInputs, units: number, lend: Lend): AsyncGenerator<InputBlock> {
  const buffers: Buffers[] = [];
  let firstRow = 0;
  let pending = readBlock(inputs, buffersOf(0), firstRow);
  try {
    for (let read = 1; ; read++) {
      const { block, last } = await pending;
      firstRow += block.rows;
      if (last) {
        if (block.rows > 0) yield block;
        return;
      }
      pending = readBlock(inputs, buffersOf(read), firstRow);
      pending.catch(() => undefined); // thrown when it is waited for
      yield block;
    }
  } finally {
    await pending.catch(() => undefined); // nothing may be read into after files are closed
  }

  /** Two that take turns. The third block is read when the first one has been computed: there may be better memory then. */
  function buffersOf(read: number): Buffers {
    const earlier = buffers[read % 2] ?? buffersFor(inputs, units);
    const lent = read === 2 || read === 3 ? lend(earlier.logits.length) : undefined;
    return (buffers[read % 2] = lent === undefined ? earlier : { ...earlier, logits: lent });
  }
}

/** Memory for one block. */
interface Buffers {
  readonly units: number;
  readonly logits: Elements;
  readonly targets: Elements;
  readonly rowWeight: Elements | undefined;
}

function buffersFor({ logits, targets, rowWeight, geometry }: EvalInputs, most: number): Buffers {
  const { classes, inner, outer } = geometry;
  const units = Math.min(most, outer ?? most);
  return {
    units,
    logits: newElements(logits.dtype, units * classes * inner),
    targets: newElements(targets.dtype, units * targetsPerRow(geometry) * inner),
    rowWeight: rowWeight && newElements(rowWeight.dtype, units * inner),
  };
}

async function readBlock(
  { logits, targets, rowWeight, geometry }: EvalInputs,
  buffers: Buffers,
  firstRow: number,
): Promise<{ readonly block: InputBlock; readonly last: boolean }> {
  const { classes, inner } = geometry;
  const count = await readElements(logits, buffers.logits);
  const units = count / (classes * inner);
  if (!Number.isInteger(units)) throw endsWithin(logits, firstRow, count);
  const rows = units * inner;
  const block: InputBlock = {
    firstRow,
    rows,
    shape: [units, classes, inner],
    logits: buffers.logits.subarray(0, count),
    targets: buffers.targets.subarray(0, rows * targetsPerRow(geometry)),
    rowWeight: buffers.rowWeight?.subarray(0, rows),
  };
  await expectElements(targets, block.targets, block);
  if (rowWeight !== undefined && block.rowWeight !== undefined) await expectElements(rowWeight, block.rowWeight, block);
  const last = units < buffers.units;
  if (last) for (const other of [targets, rowWeight]) if (other !== undefined) await expectEnd(other, firstRow + rows);
  return { block, last };
}

/** Where one outer position does not fit: runs of positions, class by class. */
async function* gathered(inputs: EvalInputs, outer: number, blockBytes: number): AsyncGenerator<InputBlock> {
  const { logits, targets, rowWeight, geometry } = inputs;
  const { classes, inner } = geometry;
  const dense = targetsPerRow(geometry) > 1;
  const most = Math.min(inner, BLOCK_ROWS, Math.max(1, Math.floor(blockBytes / (classes * bytesOf(logits.dtype)))));
  const x = newElements(logits.dtype, classes * most);
  const y = newElements(targets.dtype, (dense ? classes : 1) * most);
  const w = rowWeight === undefined ? undefined : newElements(rowWeight.dtype, most);
  for (let n = 0; n < outer; n++) {
    for (let from = 0; from < inner; from += most) {
      const rows = Math.min(most, inner - from);
      const firstRow = n * inner + from;
      const runs = (reader: ArrayReader, into: Elements): Elements => {
        for (let c = 0; c < classes; c++) {
          reader.readAt?.((n * classes + c) * inner + from, into.subarray(c * rows, (c + 1) * rows));
        }
        return into.subarray(0, classes * rows);
      };
      if (!dense) targets.readAt?.(firstRow, y.subarray(0, rows));
      if (w !== undefined) rowWeight?.readAt?.(firstRow, w.subarray(0, rows));
      yield {
        firstRow,
        rows,
        shape: [1, classes, rows],
        logits: runs(logits, x),
        targets: dense ? runs(targets, y) : y.subarray(0, rows),
        rowWeight: w?.subarray(0, rows),
      };
    }
  }
}

/** How many targets a row has. */
export function targetsPerRow({ kind, classes }: Geometry): number {
  return kind === "probabilities" || kind === "one-hot" ? classes : 1;
}

function seekable({ logits, targets, rowWeight }: EvalInputs): boolean {
  return [logits, targets, rowWeight].every((reader) => reader === undefined || reader.readAt !== undefined);
}

function tooFarApart({ name }: ArrayReader, { classDim, inner }: Geometry, bytes: number): FormatError {
  const problem = `with class dim ${classDim} the classes of a row lie ${inner} elements apart, in ${bytes} bytes, and not all files can be read anywhere`;
  return new FormatError(name, `${problem}: save the arrays as single .npy files, or with the class axis last`);
}

function endsWithin({ name }: ArrayReader, firstRow: number, count: number): FormatError {
  return new FormatError(name, `truncated: whole rows required; it ends ${count} elements after row ${firstRow}`);
}

async function expectElements(
  reader: ArrayReader,
  into: Elements,
  { firstRow, rows }: { readonly firstRow: number; readonly rows: number },
): Promise<void> {
  const count = await readElements(reader, into);
  if (count === into.length) return;
  const row = firstRow + Math.floor((count / into.length) * rows);
  throw new FormatError(reader.name, `as many rows as the logits have required; it ends after ${row}`);
}

async function expectEnd(reader: ArrayReader, rows: number): Promise<void> {
  if ((await reader.read(newElements(reader.dtype, 1))) === 0) return;
  throw new FormatError(reader.name, `${rows} rows required, as the logits have; it has more`);
}
