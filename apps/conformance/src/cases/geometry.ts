import { sizeOf } from "../problem.ts";

// Both sides of every boundary that a kernel may have: registers of 4 lanes, workgroups of 64 and 256, tiles, 16-bit grids.

const CLASSES = [1, 2, 3, 4, 5, 31, 32, 33, 63, 64, 65, 255, 256, 257, 1000, 4095, 4096, 4097];
const INNER = [1, 2, 3, 4, 5, 17];
/** So many elements at most, where every dtype is tried. */
const MODERATE = 20_000;

/** Shapes `outer x classes [x inner]`, tried in every dtype. */
export function geometries(): string[] {
  const shapes = CLASSES.flatMap((classes) =>
    INNER.map((inner) => {
      const outer = Math.max(1, Math.min(3, Math.floor(MODERATE / (classes * inner))));
      return [outer, classes, inner];
    }),
  );
  return shapes.filter((shape) => sizeOf(shape) <= MODERATE).map(written);
}

/** Large ones: vocabularies, planes, and rows to both sides of what 16 bits count. */
export const LARGE: readonly string[] = [
  [1, 50257, 1],
  [2, 128256, 1],
  [1, 5, 4096],
  [3, 1, 4096],
  [7, 2, 1],
  [7, 3, 1],
  [65535, 2, 1],
  [65536, 1, 1],
  [131073, 2, 1],
].map(written);

function written(shape: readonly number[]): string {
  return (shape.at(-1) === 1 ? shape.slice(0, -1) : shape).join("x");
}
