/** Integers from a seed: the same ones everywhere. */
export interface Random {
  /** 0 … below − 1. */
  below(below: number): number;
  pick<T>(from: readonly T[]): T;
}

/** xorshift32 [Marsaglia 2003]: quick, and good enough to change bytes by. */
export function randomFrom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) | 1;
  const below = (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  return { below, pick: <T>(from: readonly T[]): T => from[below(from.length)] as T };
}
