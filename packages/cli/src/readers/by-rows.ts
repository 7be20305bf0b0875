import type { DType } from "@surprisal/core";
import { type Elements, type ReaderShape, rowSizeOf } from "./array-reader.ts";
import { newElements } from "./elements.ts";

/**
 * Reads elements that are put together by whole rows: as many as fit, or parts of one that is kept. Gives how many elements
 * came, 0 only at the end.
 *
 * @param gather puts the next `rows` rows at the front of `into`
 * @param keep called before a row is kept, which may be too large for that
 */
export function byRows(
  shape: ReaderShape,
  dtype: DType,
  gather: (into: Elements, rows: number) => void | Promise<void>,
  keep: () => void = () => {},
): (into: Elements) => Promise<number> {
  const size = rowSizeOf(shape);
  let left = size === 0 ? 0 : (shape[0] ?? 0);
  let kept = newElements(dtype, 0);
  return async (into) => {
    const rows = kept.length > 0 ? 0 : Math.min(left, Math.floor(into.length / size));
    if (rows > 0) {
      await gather(into, rows);
      left -= rows;
      return rows * size;
    }
    if (kept.length === 0 && left > 0) {
      keep();
      kept = newElements(dtype, size);
      await gather(kept, 1);
      left--;
    }
    const part = kept.subarray(0, into.length);
    into.set(part as never);
    kept = kept.subarray(part.length);
    return part.length;
  };
}
