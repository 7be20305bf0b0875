import { type ArrayReader, readElements, restOf, type ReaderShape, rowSizeOf } from "../readers/array-reader.ts";
import { newElements } from "../readers/elements.ts";
import { targetsPerRow } from "./blocks.ts";
import type { EvalInputs } from "./inputs.ts";

/** Positions of the axes before the classes, `from` to before `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What is skipped where a file can only be read front to back, in elements at a time. */
const SKIPPED = 2 ** 18;

/** A reader, and how many of its elements there are for each position. */
interface Column {
  readonly reader: ArrayReader;
  readonly size: number;
}

/** Inputs of which only a range of outer positions is there. Closing is the whole inputs' business. */
export function inRange(inputs: EvalInputs, range: Range): EvalInputs {
  const { logits, targets, rowWeight, geometry } = inputs;
  const { classes, inner } = geometry;
  const column = (reader: ArrayReader, perRow: number): Column => ({ reader, size: perRow * inner });
  const columns = {
    logits: column(logits, classes),
    targets: column(targets, targetsPerRow(geometry)),
    rowWeight: rowWeight && column(rowWeight, 1),
  };
  let skipping: Promise<void> | undefined;
  const skip = (): Promise<void> => (skipping ??= skipInStep(Object.values(columns), range.from));
  return {
    ...inputs,
    logits: limited(columns.logits, range, skip),
    targets: limited(columns.targets, range, skip),
    rowWeight: columns.rowWeight && limited(columns.rowWeight, range, skip),
    geometry: { ...geometry, outer: range.to - range.from },
    close() {},
  };
}

/** Reads past the first positions, all columns by turns: those of one table keep what is read of one and not of another. */
async function skipInStep(columns: readonly (Column | undefined)[], positions: number): Promise<void> {
  const sequential = columns
    .filter((each) => each !== undefined)
    .filter(({ reader }) => reader.readAt === undefined)
    .map((column) => ({ ...column, into: newElements(column.reader.dtype, SKIPPED) }));
  const step = Math.max(1, Math.floor(SKIPPED / Math.max(1, ...sequential.map(({ size }) => size))));
  for (let at = 0; sequential.length > 0 && at < positions; at += step) {
    const skipped = Math.min(step, positions - at);
    for (const { reader, size, into } of sequential) {
      for (let left = skipped * size; left > 0; left -= into.length) await readElements(reader, into.subarray(0, left));
    }
  }
}

/** A reader of some of a column's elements. */
function limited({ reader, size }: Column, { from, to }: Range, skip: () => Promise<void>): ArrayReader {
  const [start, end] = [from * size, to * size];
  const { readAt } = reader;
  let at = start;
  return {
    name: reader.name,
    dtype: reader.dtype,
    shape: cutShape(reader.shape, end - start),
    text: reader.text,
    readAt: readAt && ((offset, into) => readAt(start + offset, into)),
    async read(into) {
      const part = into.subarray(0, Math.min(into.length, end - at));
      if (part.length === 0) return 0;
      if (readAt === undefined) {
        await skip();
        const count = await reader.read(part);
        at += count;
        return count;
      }
      readAt(at, part);
      at += part.length;
      return part.length;
    },
    close() {},
  };
}

function cutShape(shape: ReaderShape, elements: number): ReaderShape {
  const rest = restOf(shape);
  return shape.length === 0 ? shape : [Math.floor(elements / Math.max(1, rowSizeOf(shape))), ...rest];
}
