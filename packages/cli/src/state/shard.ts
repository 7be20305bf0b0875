import { InvalidArgumentError } from "commander";
import type { Shard } from "./state.ts";

/** `3/10` as the third of ten shards. */
export function parseShard(text: string): Shard {
  const [, index = NaN, count = NaN] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (!(index >= 1 && index <= count)) {
    throw new InvalidArgumentError("A shard is i/n, with i from 1 to n, such as 3/10.");
  }
  return { index, count };
}

/** The rows of a shard, `from` to before `to`: shares that differ by one row at most, in order. */
export function shardRows(total: number, { index, count }: Shard): { readonly from: number; readonly to: number } {
  return { from: part(total, index - 1, count), to: part(total, index, count) };
}

/** ⌊total · index / count⌋, where the product may be larger than doubles are exact. */
function part(total: number, index: number, count: number): number {
  return Number((BigInt(total) * BigInt(index)) / BigInt(count));
}
