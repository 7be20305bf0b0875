import type { RowBlock } from "./row-block.ts";
import { increment, type Tally } from "./tally.ts";

/**
 * Why the loss of a row is not a finite number; of several causes the first. Logits are meant as they are after logit scale
 * and softcap.
 */
export const NON_FINITE_CAUSES = [
  /** A logit is NaN. */
  "logit-nan",
  /** A logit is +∞. */
  "logit-infinite",
  /** Every logit is −∞: there is no softmax. */
  "logits-all-minus-infinite",
  /** A target probability is NaN or infinite. */
  "target-not-finite",
  /** A class weight is NaN or infinite. */
  "weight-not-finite",
  /** The row weight is NaN or infinite. */
  "row-weight-not-finite",
  /** 0 · ∞ under `compat: "torch"`: the class has the logit −∞, and weight 0. */
  "zero-weight",
  /** 0 · ∞ under `compat: "torch"`: the class has the logit −∞, and no share of the target. */
  "zero-target",
  /** The target, or a class of which it has a share, has the logit −∞. */
  "target-logit-minus-infinite",
  /** Label smoothing gives a share to a class that has the logit −∞. */
  "smoothed-logit-minus-infinite",
  /** All numbers are finite, but the loss is too large for its dtype. */
  "overflow",
] as const;

/** One of the causes. */
export type NonFiniteCause = (typeof NON_FINITE_CAUSES)[number];

/** A cause, and where in the row it is. */
export interface FoundCause {
  readonly cause: NonFiniteCause;
  /** The first class whose logit, probability or weight it is; −1 where it is no single one. */
  readonly class: number;
}

/** A row whose loss is not finite. */
export interface NonFiniteRow extends FoundCause {
  readonly row: number;
  /** Class index; −1 with probabilities. */
  readonly target: number;
  readonly loss: number;
}

/** The rows whose loss is not finite, by cause. */
export interface NonFiniteResult {
  /** The most frequent first. */
  readonly causes: readonly { readonly cause: NonFiniteCause; readonly count: number }[];
  /** The first ten. */
  readonly rows: readonly NonFiniteRow[];
}

/** How many rows of an evaluation are remembered: the first ones. */
export const MAX_NON_FINITE_ROWS = 10;

/** The rows whose loss is not finite, counted by cause: the same whatever the order they came in. */
export class NonFiniteRows implements Tally {
  readonly counts: Record<NonFiniteCause, Float64Array> = Object.fromEntries(
    NON_FINITE_CAUSES.map((cause) => [cause, new Float64Array(1)]),
  ) as Record<NonFiniteCause, Float64Array>;
  readonly sums: Tally["sums"] = {};
  #rows: NonFiniteRow[] = [];

  /** The first ones, in order. */
  get rows(): readonly NonFiniteRow[] {
    return this.#rows;
  }

  add({ nonFinite }: RowBlock): void {
    for (const row of nonFinite) {
      increment(this.counts[row.cause]);
      this.insert(row);
    }
  }

  /** Takes in the rows of another; its counts are merged as those of any tally. */
  mergeRows({ rows }: NonFiniteRows): void {
    for (const row of rows) this.insert(row);
  }

  /** Takes in a row that is counted already. */
  insert(record: NonFiniteRow): void {
    if (this.#rows.length === MAX_NON_FINITE_ROWS && record.row > (this.#rows.at(-1)?.row ?? 0)) return;
    const at = this.#rows.findIndex(({ row }) => record.row < row);
    this.#rows.splice(at < 0 ? this.#rows.length : at, 0, record);
    this.#rows.length = Math.min(this.#rows.length, MAX_NON_FINITE_ROWS);
  }

  result(): NonFiniteResult {
    const causes = NON_FINITE_CAUSES.map((cause) => ({ cause, count: this.counts[cause][0] as number }))
      .filter(({ count }) => count > 0)
      .toSorted((a, b) => b.count - a.count);
    return { causes, rows: this.#rows };
  }
}
