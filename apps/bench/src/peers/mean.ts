// A mean of millions of f32 values in one f32 sum is off by 3e-5; the mean of rows' means is not, and costs no more.

/** Means of fewer values are taken at once: a call's cost matters more there. */
const SMALL = 4096;

/** Rows and columns whose means' mean is the mean of all; one row where all at once is as good. */
export function meanShape(count: number): readonly [rows: number, columns: number] {
  if (count < SMALL) return [1, count];
  let rows = Math.floor(Math.sqrt(count));
  while (count % rows !== 0) rows--;
  return [rows, count / rows];
}
