// Philox 4x32-10: a random word is a function of (counter, key) alone, so elements can be drawn in any order, on any
// device. 10 rounds of two 32x32 -> 64 bit products [Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as
// easy as 1, 2, 3", SC'11]. The multipliers and key steps (golden ratio, sqrt 3 - 1) are those of the paper.
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const KEY_STEP_0 = 0x9e3779b9;
const KEY_STEP_1 = 0xbb67ae85;
const ROUNDS = 10;

/** High 32 bits of the unsigned product. Split in 16-bit halves: no partial sum passes 2^32. */
function highWord(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) >>> 0;
  const cross = (Math.imul(aLow, bHigh) + (middle & 0xffff)) >>> 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (cross >>> 16)) | 0;
}

/**
 * Writes one block of four random 32-bit words (Philox 4x32-10, Salmon et al. 2011). Allocates nothing.
 *
 * @param input four counter words, then two key words; read, never written
 * @param out receives the words at `at` to `at + 3`
 * @param at index of the first word written
 * @example
 * const words = new Uint32Array(4);
 * philox(new Uint32Array(6), words, 0); // 6627e8d5 e169c58d bc57ac4c 9b00dbd8
 */
export function philox(input: Uint32Array, out: Uint32Array, at: number): void {
  let word0 = input[0] ?? 0;
  let word1 = input[1] ?? 0;
  let word2 = input[2] ?? 0;
  let word3 = input[3] ?? 0;
  let key0 = input[4] ?? 0;
  let key1 = input[5] ?? 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = highWord(word0, MULTIPLIER_0);
    const high1 = highWord(word2, MULTIPLIER_1);
    const low0 = Math.imul(word0, MULTIPLIER_0);
    const low1 = Math.imul(word2, MULTIPLIER_1);
    word0 = high1 ^ word1 ^ key0;
    word1 = low1;
    word2 = high0 ^ word3 ^ key1;
    word3 = low0;
    key0 = (key0 + KEY_STEP_0) | 0;
    key1 = (key1 + KEY_STEP_1) | 0;
  }
  out[at] = word0;
  out[at + 1] = word1;
  out[at + 2] = word2;
  out[at + 3] = word3;
}
