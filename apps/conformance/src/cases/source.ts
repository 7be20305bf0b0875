import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { roundTo } from "../oracle/rounding.ts";
import type { DType } from "@surprisal/core";

/** Random numbers of one case, the same whenever its address is: nothing in the suite is random otherwise. */
export class Source {
  readonly #generator: { next(): number };

  constructor(address: string) {
    this.#generator = xoroshiro128plus(hash(address));
  }

  /** In [0, 1). */
  uniform(): number {
    return (this.#generator.next() >>> 0) / 2 ** 32;
  }

  /** In 0 … count − 1. */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** Standard normal (Box & Muller 1958). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Numbers of a dtype. */
  fill(dtype: DType, count: number, draw: (index: number) => number): Float64Array {
    return Float64Array.from({ length: count }, (_, index) => roundTo(dtype, draw(index)));
  }
}

/** 32 bits of a text (FNV-1a). */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (const character of text) bits = Math.imul(bits ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return bits | 0;
}
