import type { Random } from "./random.ts";

/** Inputs grow no longer than this. */
export const LARGEST_INPUT: number = 4096;

/** Numbers at which programs go wrong, in four bytes. */
const NUMBERS = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

/** Changes an input in one to four places: bits, bytes, numbers, words of the format, parts of itself and of another. */
export function mutate(input: Uint8Array, other: Uint8Array, words: readonly string[], random: Random): Uint8Array {
  let bytes = Buffer.from(input);
  for (let times = 1 + random.below(4); times > 0; times--) bytes = mutateOnce(bytes, other, words, random);
  return bytes.subarray(0, LARGEST_INPUT);
}

function mutateOnce(
  bytes: Buffer<ArrayBuffer>,
  other: Uint8Array,
  words: readonly string[],
  random: Random,
): Buffer<ArrayBuffer> {
  if (bytes.length === 0) return Buffer.from(random.pick(words), "latin1");
  const at = random.below(bytes.length);
  const length = 1 + random.below(Math.min(16, bytes.length - at));
  switch (random.below(8)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
    case 1:
      bytes[at] = random.below(256);
      return bytes;
    case 2:
      if (at + 4 <= bytes.length) bytes.writeUInt32LE(random.pick(NUMBERS), at);
      return bytes;
    case 3:
      return spliced(bytes, { at, remove: length, insert: new Uint8Array() });
    case 4:
      return spliced(bytes, { at, remove: 0, insert: bytes.subarray(at, at + length) });
    case 5:
      return spliced(bytes, {
        at,
        remove: random.below(2) * length,
        insert: Buffer.from(random.pick(words), "latin1"),
      });
    case 6:
      return spliced(bytes, { at, remove: 0, insert: Uint8Array.of(random.below(256)) });
    default: {
      const from = random.below(Math.max(1, other.length));
      return spliced(bytes, { at, remove: length, insert: other.subarray(from, from + length) });
    }
  }
}

function spliced(
  bytes: Buffer<ArrayBuffer>,
  { at, remove, insert }: { readonly at: number; readonly remove: number; readonly insert: Uint8Array },
): Buffer<ArrayBuffer> {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
}
