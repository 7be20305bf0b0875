import { expect, it } from "vitest";
import { xxHash32 } from "./xxhash.ts";

// by the xxhsum command, 0.8.1
it.each([
  ["", 0x02cc5d05],
  ["a", 0x550d7456],
  ["abc", 0x32d153ff],
  ["abcdefghijklmnop", 0x9d2d8b62],
  ["abcdefghijklmnopqrstuvwxyz", 0x63a14d5f],
  ["0123456789".repeat(10), 0xf0f82db6],
])("of %j: %d", (text, hash) => {
  expect(xxHash32(new TextEncoder().encode(text))).toBe(hash);
});
