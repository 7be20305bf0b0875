import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { rowBlock, someRows } from "../testing/rows.ts";
import { FOUR_CLASSES, shardState } from "../testing/states.ts";
import { earlierState, readState, writeState } from "./file.ts";

const BLOCK = rowBlock(someRows(3, 20, 4));
const STATE = shardState(BLOCK, { index: 1, count: 2 });

function folder(): string {
  return mkdtempSync(join(tmpdir(), "surprisal-state-"));
}

it("writes, reads, and leaves nothing else behind", async () => {
  const home = folder();
  const file = join(home, "1.json");
  await writeState(file, STATE);
  expect(await readState(file)).toEqual(STATE);
  await writeState(file, shardState(BLOCK, { index: 2, count: 2 }));
  expect((await readState(file)).shard.index).toBe(2);
  expect(readdirSync(home)).toEqual(["1.json"]);
});

it("a state that cannot be written leaves the folder as it was", async () => {
  const home = folder();
  await expect(writeState(join(home, "none", "1.json"), STATE)).rejects.toThrow("cannot be written");
  await expect(writeState(home, STATE)).rejects.toThrow("cannot be written");
  expect(readdirSync(home)).toEqual([]);
});

it("an earlier state of the same run is found, complete or not", async () => {
  const file = join(folder(), "1.json");
  const shard = { index: 1, count: 2 };
  expect(await earlierState(file, FOUR_CLASSES, shard)).toBeUndefined();
  const half = shardState(BLOCK, shard, { left: 3 });
  await writeState(file, half);
  expect(await earlierState(file, FOUR_CLASSES, shard)).toEqual(half);
});

it("the folder of a state is made before there is anything to write, or the run is refused", async () => {
  const home = folder();
  const shard = { index: 1, count: 2 };
  const file = join(home, "out", "states", "1.json");
  expect(await earlierState(file, FOUR_CLASSES, shard)).toBeUndefined();
  await writeState(file, STATE);
  expect(await readState(file)).toEqual(STATE);
  await expect(earlierState(join(file, "2.json"), FOUR_CLASSES, shard)).rejects.toThrow("cannot be");
});

it("the state of another run is refused, and kept", async () => {
  const file = join(folder(), "1.json");
  await writeState(file, STATE);
  const before = readFileSync(file, "utf8");
  const other = { ...FOUR_CLASSES, options: { ...FOUR_CLASSES.options, "label-smoothing": 0 } };
  await expect(earlierState(file, other, { index: 1, count: 2 })).rejects.toThrow(
    `${file}: holds another evaluation: label-smoothing 0.1, not 0. Move it away, or name another file`,
  );
  await expect(earlierState(file, FOUR_CLASSES, { index: 2, count: 2 })).rejects.toThrow("shard 1/2, not 2/2");
  expect(readFileSync(file, "utf8")).toBe(before);
});

it("files that are no state, or cannot be read", async () => {
  const file = join(folder(), "1.json");
  await expect(readState(file)).rejects.toThrow(`${file}: the state cannot be read: ENOENT`);
  writeFileSync(file, "{");
  await expect(readState(file)).rejects.toThrow(`${file}: a state file is one JSON object`);
  await expect(earlierState(file, FOUR_CLASSES, { index: 1, count: 2 })).rejects.toThrow("one JSON object");
});
