import { expect, test } from "vitest";
import { encodeHalf, halfTable } from "./half.ts";
import { randn } from "./index.ts";

const FORMATS = [
  ["f16", 10, 15],
  ["bf16", 7, 127],
] as const;
const f32 = new Float32Array(1);
const word = new Uint32Array(f32.buffer);

/** The upper half of the f32 of a value, rounded to nearest even: bf16 as its definition has it. */
function bf16Bits(value: number): number {
  f32[0] = value;
  const bits = word[0] ?? 0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

test.each(FORMATS)("%s: each of the 65,536 patterns is one value, and comes back", (dtype, mantissaBits, bias) => {
  const table = halfTable(dtype);
  expect(table).toHaveLength(65_536);
  const infinity = ((1 << (15 - mantissaBits)) - 1) << mantissaBits;
  const wrong: number[] = [];
  for (let bits = 0; bits < 65_536; bits++) {
    const value = table[bits] ?? 0;
    const magnitude = bits & 0x7fff;
    const exponent = magnitude >> mantissaBits;
    const fraction = (magnitude % 2 ** mantissaBits) / 2 ** mantissaBits;
    const finite = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
    const size = magnitude > infinity ? NaN : magnitude === infinity ? Infinity : finite;
    const back = magnitude > infinity ? infinity | (1 << (mantissaBits - 1)) : bits;
    if (!Object.is(value, bits < 0x8000 ? size : -size) || encodeHalf(value, dtype) !== back) wrong.push(bits);
  }
  expect(wrong).toEqual([]);
});

test("bf16 is the upper half of an f32", () => {
  const table = halfTable("bf16");
  const wrong: number[] = [];
  for (let bits = 0; bits < 65_536; bits++) {
    word[0] = bits << 16;
    if (!Object.is(table[bits], f32[0])) wrong.push(bits);
  }
  expect(wrong).toEqual([]);
});

test.each(FORMATS)("%s: between neighbours the nearer one, halfway the even one", (dtype, mantissaBits) => {
  const table = halfTable(dtype);
  const wrong: number[] = [];
  const largest = (((1 << (15 - mantissaBits)) - 1) << mantissaBits) - 1;
  for (let bits = 0; bits < largest; bits++) {
    const [low, high] = [table[bits] ?? 0, table[bits + 1] ?? 0];
    const middle = low + (high - low) / 2;
    const step = (high - low) * 2 ** -20;
    const even = bits + (bits % 2);
    const got = [middle - step, middle, middle + step].map((value) => encodeHalf(value, dtype));
    const negative = encodeHalf(-middle, dtype);
    if (got.join() !== [bits, even, bits + 1].join() || negative !== (even | 0x8000)) wrong.push(bits);
  }
  expect(wrong).toEqual([]);
});

test.each(FORMATS)("%s: overflow begins half a step above the largest", (dtype, mantissaBits, bias) => {
  const infinity = ((1 << (15 - mantissaBits)) - 1) << mantissaBits;
  const limit = (2 - 2 ** -(mantissaBits + 1)) * 2 ** bias;
  expect(encodeHalf(limit, dtype)).toBe(infinity);
  expect(encodeHalf(limit * (1 - 2 ** -52), dtype)).toBe(infinity - 1);
  expect(encodeHalf(-Number.MAX_VALUE, dtype)).toBe(infinity | 0x8000);
  expect(encodeHalf(Number.MIN_VALUE, dtype)).toBe(0);
  expect(encodeHalf(-Number.MIN_VALUE, dtype)).toBe(0x8000);
});

test("bf16 of f32 numbers at all magnitudes, by the definition on bits", () => {
  const values = randn([4096], { seed: 5 }).view();
  for (const [i, normal] of values.entries()) {
    const value = Math.fround(normal * 2 ** ((i % 280) - 150));
    expect(encodeHalf(value, "bf16")).toBe(bf16Bits(value));
  }
});
