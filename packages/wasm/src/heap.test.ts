import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALIGNMENT, Heap } from "./heap.ts";

const START = 128;

function roundUp(bytes: number): number {
  return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
}

describe("a heap", () => {
  test("takes the smallest block that fits", () => {
    const heap = new Heap(0, 10_240);
    const addresses = [1024, 64, 512, 64, 1024, 64].map((bytes) => heap.allocate(bytes) ?? -1);
    for (const [i, bytes] of [
      [0, 1024],
      [2, 512],
      [4, 1024],
    ] as const)
      heap.release(addresses[i] ?? -1, bytes);
    expect(heap.allocate(500)).toBe(addresses[2]);
  });

  test("has nothing to give where nothing fits, and says how far it would have to go", () => {
    const heap = new Heap(START, START + 1024);
    expect(heap.allocate(1025)).toBeUndefined();
    expect(heap.endFor(2048)).toBe(START + 2048); // all of it is free: it grows from there
    const first = heap.allocate(1000);
    expect(first).toBe(START);
    expect(heap.allocate(1)).toBeUndefined();
    expect(heap.endFor(2048)).toBe(START + 1024 + 2048);
    heap.extend(START + 1024 + 2048);
    expect(heap.allocate(2048)).toBe(START + 1024);
  });

  test("gives every block an address of its own, even one of no bytes", () => {
    const heap = new Heap(0, 1024);
    expect(new Set([heap.allocate(0), heap.allocate(0), heap.allocate(1)])).toEqual(new Set([0, 64, 128]));
  });

  test("hands out blocks that are aligned and apart, and joins them again", () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ take: fc.integer({ min: 0, max: 3000 }) }),
        fc.record({ give: fc.nat({ max: 1000 }) }),
        fc.record({ extend: fc.integer({ min: 0, max: 4000 }) }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        let end = START + 8192;
        const heap = new Heap(START, end);
        const wrong: number[] = []; // sizes that were refused and would have fitted, or the other way round
        const taken: { address: number; bytes: number }[] = [];
        for (const step of all) {
          if ("take" in step) {
            const fits = heap.free.largest;
            const address = heap.allocate(step.take);
            if ((address === undefined) !== fits < roundUp(step.take)) wrong.push(step.take);
            if (address !== undefined) taken.push({ address, bytes: step.take });
          } else if ("give" in step) {
            const [block] = taken.splice(step.give % Math.max(1, taken.length), 1);
            if (block !== undefined) heap.release(block.address, block.bytes);
          } else {
            end += step.extend;
            heap.extend(end);
          }
          expectApart(taken, end);
          const used = taken.reduce((sum, { bytes }) => sum + roundUp(bytes), 0);
          expect(heap.free.bytes).toBe(Math.floor(end / ALIGNMENT) * ALIGNMENT - START - used);
        }
        expect(wrong).toEqual([]);
        for (const { address, bytes } of taken) heap.release(address, bytes);
        expect(heap.free.largest).toBe(heap.free.bytes); // one block again
      }),
    );
  });
});

function expectApart(taken: readonly { address: number; bytes: number }[], end: number): void {
  let free = START;
  for (const { address, bytes } of taken.toSorted((a, b) => a.address - b.address)) {
    expect(address % ALIGNMENT).toBe(0);
    expect(address).toBeGreaterThanOrEqual(free);
    free = address + roundUp(bytes);
  }
  expect(free).toBeLessThanOrEqual(end);
}
