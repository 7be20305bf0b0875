import type { DType, StorageArrays } from "@surprisal/core";

/** Elements in memory, as core stores those of a dtype: f16 and bf16 as their bits, i64 as bigints. */
export type Elements = StorageArrays[DType];

/** Sizes of an array. The first is not known before the end where a format does not say it, as in CSV. */
export type ReaderShape = readonly [] | readonly [rows: number | undefined, ...rest: number[]];

/**
 * An array in a file, read front to back in parts of any size: its elements one after the other in row-major order, whatever
 * their order in the file. No reader holds more of the array than a part of bounded size. All of its errors are FormatErrors.
 */
export interface ArrayReader {
  /** The file and what in it is read, for messages: `preds.npz, member logits.npy`. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: ReaderShape;
  /** Whether the numbers were written as text, so that the dtype, f64, says nothing about what they are. */
  readonly text: boolean;
  /**
   * Puts the next elements at the front of `into`, which holds those of `dtype`.
   * @returns how many, as many as fit or fewer; 0 at the end
   */
  read(into: Elements): Promise<number>;
  /** Fills `into` with the elements from `start` on. Only where a file lets itself be read anywhere, at no great cost. */
  readonly readAt?: ((start: number, into: Elements) => void) | undefined;
  close(): void;
}

/** How many elements there are, as far as the file says. */
export function sizeOf(shape: ReaderShape): number | undefined {
  return shape.length === 0 ? 1 : shape[0] === undefined ? undefined : shape[0] * rowSizeOf(shape);
}

/** Elements of what the first axis counts. */
export function rowSizeOf(shape: ReaderShape): number {
  return restOf(shape).reduce((size, each) => size * each, 1);
}

/** The sizes after the first. */
export function restOf(shape: ReaderShape): readonly number[] {
  return shape.slice(1) as number[];
}

/** `[3, 2]`; `[?, 2]` where the first size is not known. */
export function shapeOf(shape: ReaderShape): string {
  return `[${shape.map((size) => size ?? "?").join(", ")}]`;
}

/** Fills as much of `into` as there are elements, and gives their number. */
export async function readElements(reader: ArrayReader, into: Elements): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const count = await reader.read(into.subarray(filled));
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
