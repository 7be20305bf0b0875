import { type ArrayReader, restOf, type ReaderShape, rowSizeOf } from "../readers/array-reader.ts";
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

/** Inputs of which only a range of outer positions is there. Closing is the whole inputs' business. */
export function inRange(inputs: EvalInputs, range: Range): EvalInputs {
  const { logits, targets, rowWeight, geometry } = inputs;
  const { classes, inner } = geometry;
  const size = (perRow: number): number => perRow * inner;
  return {
    ...inputs,
    logits: limited(logits, range, size(classes)),
    targets: limited(targets, range, size(targetsPerRow(geometry))),
    rowWeight: rowWeight && limited(rowWeight, range, size(1)),
    geometry: { ...geometry, outer: range.to - range.from },
    close() {},
  };
}

/** A reader of some of another's elements, `size` for each position. */
function limited(reader: ArrayReader, { from, to }: Range, size: number): ArrayReader {
  const [start, end] = [from * size, to * size];
  const { readAt } = reader;
  let at = readAt === undefined ? 0 : start;
  return {
    name: reader.name,
    dtype: reader.dtype,
    shape: cutShape(reader.shape, end - start),
    text: reader.text,
    readAt: readAt && ((offset, into) => readAt(start + offset, into)),
    async read(into) {
      while (at < start) {
        const skipped = await reader.read(newElements(reader.dtype, Math.min(SKIPPED, start - at)));
        if (skipped === 0) return 0;
        at += skipped;
      }
      const part = into.subarray(0, Math.min(into.length, end - at));
      if (part.length === 0) return 0;
      if (readAt === undefined) {
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
