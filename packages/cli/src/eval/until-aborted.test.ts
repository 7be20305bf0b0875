import process from "node:process";
import { expect, it } from "vitest";
import { untilAborted } from "./until-aborted.ts";

async function* numbers(returned: () => void, until = Infinity): AsyncGenerator<number> {
  try {
    for (let i = 0; i < until; i++) yield await Promise.resolve(i);
  } finally {
    returned();
  }
}

async function* silent(): AsyncGenerator<number> {
  yield await new Promise<number>(() => {});
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const timers = (): number => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;

it("gives all items, and leaves no timer that the process would wait for", async () => {
  const before = timers();
  expect(
    await all(
      untilAborted(
        numbers(() => {}, 3),
        new AbortController().signal,
      ),
    ),
  ).toEqual([0, 1, 2]);
  expect(timers()).toBe(before);
});

it("ends after an abort, and ends what it takes from", async () => {
  const abort = new AbortController();
  let returned = 0;
  const seen: number[] = [];
  for await (const item of untilAborted(
    numbers(() => returned++),
    abort.signal,
  )) {
    seen.push(item);
    if (item === 2) abort.abort();
  }
  expect(seen).toEqual([0, 1, 2]);
  expect(returned).toBe(1);
});

it("does not wait for an item that does not come", async () => {
  const abort = new AbortController();
  const items = all(untilAborted(silent(), abort.signal));
  abort.abort();
  expect(await items).toEqual([]);
});
