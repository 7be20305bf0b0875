/** How a plan is cut into chunks, the unit of what threads take: by its shape alone, so that the result is the same for all numbers of threads. */
export interface Chunks {
  /** What is cut: rows, or lines of a copy. */
  readonly rows: number;
  readonly rowsPerChunk: number;
  readonly classesPerChunk: number;
  /** Chunks across the classes. */
  readonly across: number;
  readonly count: number;
}

/** Chunks at most, because each leaves a record. */
export const MAX_CHUNKS = 1024;
/** Bytes of that record: kernels/records.ts, `Partial`. */
export const PARTIAL_BYTES = 64;
/** Rows go in multiples of this: a block of rows, see kernels/scratch.ts. */
const BLOCK = 256;

/** Whole rows of so many numbers, in chunks of about `chunk` numbers. */
export function cutRows(rows: number, numbers: number, chunk: number): Chunks {
  const wanted = Math.max(Math.ceil(chunk / Math.max(1, numbers)), Math.ceil(rows / MAX_CHUNKS), 1);
  const rowsPerChunk = wanted > BLOCK / 2 ? Math.ceil(wanted / BLOCK) * BLOCK : wanted;
  return { rows, rowsPerChunk, classesPerChunk: numbers, across: 1, count: Math.ceil(rows / rowsPerChunk) };
}

/** Rows of so many numbers, cut across where there are too few of them. */
export function cutNumbers(rows: number, numbers: number, chunk: number): Chunks {
  if (rows >= MAX_CHUNKS || numbers <= chunk) return cutRows(rows, numbers, chunk);
  const most = Math.floor(MAX_CHUNKS / Math.max(1, rows));
  const classesPerChunk = Math.max(chunk, Math.ceil(numbers / most / chunk) * chunk);
  const across = Math.ceil(numbers / classesPerChunk);
  return { rows, rowsPerChunk: 1, classesPerChunk, across, count: rows * across };
}
