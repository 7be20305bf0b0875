import { expect, test } from "vitest";
import { Pool } from "./pool.ts";

/** A device that has `budget` bytes, and says so as WebGPU does: later. */
function device(budget: number): { device: GPUDevice; made: number[]; scopes: () => number } {
  const made: number[] = [];
  const errors: (null | { message: string })[] = [];
  let used = 0;
  const fake = {
    pushErrorScope: () => void errors.push(null),
    popErrorScope: () => Promise.resolve(errors.pop()),
    createBuffer({ size }: { size: number }) {
      made.push(size);
      if (used + size > budget) errors[0] = { message: "out of memory" };
      else used += size;
      return { size, destroy: () => void (used -= size) };
    },
  };
  return { device: fake as unknown as GPUDevice, made, scopes: () => errors.length };
}

test("a freed buffer is used again for what nearly fits, and no other", () => {
  const { device: one, made } = device(2 ** 30);
  const pool = new Pool(one, 2 ** 30);
  const first = pool.take(1000).device;
  pool.give(first);
  expect(pool.take(900).device).toBe(first);
  expect(pool.take(900).device).not.toBe(first);
  expect(made).toEqual([1024, 1024]);
  expect(pool.describe()).toEqual({ buffers: 2, freeBytes: 0 });
});

test("sizes are rounded up, but not beyond what a buffer may be", () => {
  const { device: one, made } = device(2 ** 40);
  const pool = new Pool(one, 2 ** 32 - 4);
  for (const bytes of [0, 5, 257, 1025, 2 ** 31 + 4, 2 ** 32 - 8]) pool.take(bytes);
  expect(made).toEqual([256, 256, 320, 1280, 2 ** 31 + 2 ** 27, 2 ** 32 - 4]);
  expect(made.every((size) => size % 4 === 0)).toBe(true);
});

test("a buffer without memory behind it tells so, and is never used again", async () => {
  const { device: one, made, scopes } = device(4096);
  const pool = new Pool(one, 2 ** 20);
  const kept = pool.take(4096);
  const bad = pool.take(4096);
  expect(scopes()).toBe(0);
  const [fault] = bad.faults;
  await fault?.settled;
  expect(fault?.state).toMatchObject({ code: "memory", details: { bytes: 4096 } });
  const early = pool.take(4096);
  pool.give(early.device); // before it is known
  await early.faults[0]?.settled;
  pool.give(bad.device); // after
  expect(pool.describe()["freeBytes"]).toBe(4096); // not this one
  pool.give(kept.device);
  expect(pool.take(4096).device).toBe(kept.device);
  expect(pool.take(4096).device).not.toBe(bad.device);
  expect(made).toHaveLength(4);
  expect(pool.describe()).toEqual({ buffers: 2, freeBytes: 0 });
});

test("keeps 256 MiB for later, and no more", () => {
  const { device: one } = device(2 ** 40);
  const pool = new Pool(one, 2 ** 30);
  const buffers = [100, 100, 100].map((mib) => pool.take(mib * 2 ** 20).device);
  for (const buffer of buffers) pool.give(buffer);
  expect(pool.describe()["freeBytes"]).toBe(2 * (buffers[0]?.size ?? NaN));
});
