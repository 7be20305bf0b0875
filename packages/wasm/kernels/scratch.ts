// Each thread has working memory of its own: columns with a number for each row of a block, and tiles.

/** Rows of a block at most. */
export const MAX_ROWS: i32 = 256;
/** Rows of more classes are computed one by one, or if their classes lie apart, of more than the second. */
export const SHORT_ROW: i32 = 128;
export const SHORT_COLUMN: i32 = 512;
/** Numbers of a tile. */
export const TILE: i32 = 8192;

const COLUMNS: usize = 32;
const COLUMN_BYTES: usize = <usize>MAX_ROWS * 8;
const TILE_BYTES: usize = <usize>TILE * 8;
const TILES: usize = 5;

/** What a thread needs. */
export const SCRATCH_BYTES: usize = COLUMNS * COLUMN_BYTES + TILES * TILE_BYTES;

let scratch: usize = 0;

/** Tells this instance which memory is its own. */
export function useScratch(address: usize): void {
  scratch = address;
}

/** A column: of T, unless it says otherwise. */
// @ts-ignore: decorator
@inline
export function column(i: usize): usize {
  return scratch + i * COLUMN_BYTES;
}

/** A tile. */
// @ts-ignore: decorator
@inline
export function tile(i: usize): usize {
  return scratch + COLUMNS * COLUMN_BYTES + i * TILE_BYTES;
}

/** Class of the label, i32. */
export const LABEL: usize = 0;
/** Its logit, and the mass on it. */
export const LOGIT: usize = 1;
export const HOT: usize = 2;
/** What multiplies the row; 0 leaves it out. */
export const WEIGHT: usize = 3;
/** Gradient from above, over the divisor. */
export const UPSTREAM: usize = 4;
/** The logit that the row is measured from, the largest or the label's; its exponential, and the sum of all others. */
export const LEAD: usize = 5;
export const PEAK: usize = 6;
export const REST: usize = 7;
/** Mass spread over the classes, and its sum with the gaps from the lead. */
export const MASS: usize = 8;
export const GAP: usize = 9;
/** The loss, and log Σ exp(x − lead). */
export const LOSS: usize = 10;
export const LOG_Z: usize = 11;
/** In the gradient: what multiplies exponentials, what z-loss adds to that, the label's mass, and what multiplies the whole. */
export const PULL: usize = 12;
export const EXTRA: usize = 13;
export const PUSH: usize = 14;
export const SHARE: usize = 15;
/** The gradient at the label. */
export const AT_LABEL: usize = 16;
/** Statistics: Σ e·gap, rank and prediction. */
export const ENTROPY: usize = 17;
export const RANK: usize = 18;
export const PREDICTED: usize = 19;
/** What an exponential is shifted by, i32. */
export const SHIFT: usize = 20;
/** Weight of the label's class, and its exponential. */
export const LABEL_WEIGHT: usize = 21;
export const LABEL_EXP: usize = 22;
/** A sum and a maximum in f64 while they grow. */
export const SUM: usize = 24;
export const TOP: usize = 25;
/** What exponentials are multiplied by in the gradient. */
export const FACTOR: usize = 26;
/** Class weights, where all classes fit: two columns. */
export const CLASS_WEIGHTS: usize = 29;
/** Room for a vector or two. */
export const SPARE: usize = 31;
