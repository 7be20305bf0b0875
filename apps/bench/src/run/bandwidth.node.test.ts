import { expect, test } from "vitest";
import { bandwidthLoops } from "./bandwidth-module.ts";
import { best, measureBandwidth } from "./bandwidth.ts";

test("the loops read every element of a range once, and copy", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const loops = bandwidthLoops(memory);
  const numbers = new BigInt64Array(memory.buffer);
  for (let i = 0; i < numbers.length; i++) numbers[i] = BigInt(i);
  expect(loops.read(0, 65_536)).toBe((8192n * 8191n) / 2n);
  expect(loops.read(64, 256)).toBe(((8n + 31n) * 24n) / 2n);
  loops.copy(128, 0, 64);
  expect([...numbers.subarray(15, 25)]).toEqual([15n, 0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 24n]);
});

test("the best of several measurements", () => {
  const all = [
    { threads: 2, read: 5, copy: 1 },
    { threads: 1, read: 3, copy: 4 },
    { threads: 2, read: 2, copy: 6 },
  ];
  expect(best(all)).toEqual([
    { threads: 1, read: 3, copy: 4 },
    { threads: 2, read: 5, copy: 6 },
  ]);
});

test("two threads at once, in a process of their own", async () => {
  const { threads, read, copy } = await measureBandwidth(2);
  expect(threads).toBe(2);
  expect(read).toBeGreaterThan(1e8);
  expect(copy).toBeGreaterThan(1e8);
});
