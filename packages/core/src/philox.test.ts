import { expect, test } from "vitest";
import { philox } from "./philox.ts";

// Known answers of Random123, tests/kat_vectors, rows "philox4x32 10": four counter words, two key words, four results.
const KNOWN_ANSWERS = [
  "00000000 00000000 00000000 00000000  00000000 00000000  6627e8d5 e169c58d bc57ac4c 9b00dbd8",
  "ffffffff ffffffff ffffffff ffffffff  ffffffff ffffffff  408f276d 41c83b0e a20bc7c6 6d5451fd",
  "243f6a88 85a308d3 13198a2e 03707344  a4093822 299f31d0  d16cfe09 94fdcceb 5001e420 24126ea1",
];

test.each(KNOWN_ANSWERS)("known answer %s", (row) => {
  const words = row.split(/ +/).map((word) => parseInt(word, 16));
  const out = new Uint32Array(4);
  philox(Uint32Array.from(words.slice(0, 6)), out, 0);
  expect([...out]).toEqual(words.slice(6));
});

test("writes four words at the given index and nothing else", () => {
  const input = Uint32Array.of(1, 2, 3, 4, 5, 6);
  const block = new Uint32Array(4);
  philox(input, block, 0);
  const out = new Uint32Array(7).fill(9);
  philox(input, out, 2);
  expect([...out]).toEqual([9, 9, ...block, 9]);
  expect([...input]).toEqual([1, 2, 3, 4, 5, 6]);
});

/** A second formulation, by 64-bit integers, as the paper writes it. */
function philoxByBigInt(input: readonly number[]): number[] {
  const [c0, c1, c2, c3, k0, k1] = input.map(BigInt) as [bigint, bigint, bigint, bigint, bigint, bigint];
  let words: [bigint, bigint, bigint, bigint] = [c0, c1, c2, c3];
  const mask = 0xffffffffn;
  for (let round = 0n; round < 10n; round++) {
    const product0 = words[0] * 0xd2511f53n;
    const product1 = words[2] * 0xcd9e8d57n;
    words = [
      (product1 >> 32n) ^ words[1] ^ ((k0 + round * 0x9e3779b9n) & mask),
      product1 & mask,
      (product0 >> 32n) ^ words[3] ^ ((k1 + round * 0xbb67ae85n) & mask),
      product0 & mask,
    ];
  }
  return words.map(Number);
}

test("equals the 64-bit formulation on a chain of 2000 blocks", () => {
  const input = new Uint32Array(6);
  const out = new Uint32Array(4);
  for (let block = 0; block < 2000; block++) {
    philox(input, out, 0);
    expect([...out]).toEqual(philoxByBigInt([...input]));
    input.copyWithin(0, 4); // the last key becomes counter words, the result becomes the rest
    input.set(out, 2);
  }
});
