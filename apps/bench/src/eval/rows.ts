import { randint, randn } from "@surprisal/core";

/** Classes of every file. */
export const CLASSES = 1000;

/** Some rows of a file. */
export interface Rows {
  /** `[n, CLASSES]`. */
  readonly logits: Float32Array;
  /** `[n]`, uniform. */
  readonly targets: BigInt64Array;
}

const SEEDS = { normal: 21, places: 22, targets: 23 };
const BLOCK = 1024;
/** Prime, so that rows do not come to lie at each other's places. */
const POOL = 1_048_573;

/**
 * Rows of normal numbers, block by block; always the same. Each row is cut from a million of them at a place of its own:
 * half a billion made one by one would take longer than all that is measured.
 */
export function* makeRows(rows: number): Generator<Rows> {
  using normals = randn([POOL], { seed: SEEDS.normal });
  const pool = normals.view();
  for (let first = 0; first < rows; first += BLOCK) {
    const count = Math.min(BLOCK, rows - first);
    using places = randint(0, POOL - CLASSES, [count], { seed: SEEDS.places + first, dtype: "i32" });
    using classes = randint(0, CLASSES, [count], { seed: SEEDS.targets + first, dtype: "i32" });
    const logits = new Float32Array(count * CLASSES);
    for (const [row, place] of places.view().entries()) {
      logits.set(pool.subarray(place, place + CLASSES), row * CLASSES);
    }
    yield { logits, targets: BigInt64Array.from(classes.view(), BigInt) };
  }
}
