import * as fc from "fast-check";
import { expect, it } from "vitest";
import { snapshot } from "../state/snapshot.ts";
import { canonicalText, type EvalState } from "../state/state.ts";
import { rowBlock, someRows } from "../testing/rows.ts";
import { FOUR_CLASSES, shardState, shardStates } from "../testing/states.ts";
import { Merge, type Merged, type Missing } from "./merge.ts";

const BLOCK = rowBlock(someRows(11, 50, 4));

function merged(states: readonly EvalState[]): Merged | Missing {
  const merge = new Merge();
  for (const state of states) merge.add(`${state.shard.index}.json`, state);
  return merge.finish();
}

function textOf(result: Merged | Missing): string {
  return "metrics" in result ? canonicalText(snapshot(result.metrics)) : "missing";
}

it("is bit for bit one run over all rows, in any order and any number of shards", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(60), fc.integer({ min: 1, max: 9 }), fc.nat(), (seed, rows, count, order) => {
      const block = rowBlock(someRows(seed, rows, 4));
      const states = shardStates(block, count);
      const place = ({ shard }: EvalState): number => Math.imul(shard.index, order | 1) >>> 0;
      const shuffled = states.toSorted((a, b) => place(a) - place(b));
      expect(textOf(merged(shuffled))).toBe(textOf(merged(shardStates(block, 1))));
    }),
  );
});

it("lists what is missing", () => {
  const [first, , third] = shardStates(BLOCK, 4);
  const stopped = shardState(BLOCK, { index: 2, count: 4 }, { left: 5 });
  expect(merged([third, stopped, first].filter((state) => state !== undefined))).toEqual({
    shards: 4,
    absent: [4],
    unfinished: [{ index: 2, file: "2.json", rowsLeft: 5 }],
  });
});

it("refuses the same shard twice, the same rows twice, rows that nobody has", () => {
  const [first, second] = shardStates(BLOCK, 2);
  if (first === undefined || second === undefined) throw new Error("two shards are needed");
  expect(() => merged([first, second, first])).toThrow("1.json and 1.json are both shard 1/2");
  const overlapping = { ...second, rows: { ...second.rows, from: 20 } };
  expect(() => merged([first, { ...overlapping, rows: { ...overlapping.rows, next: 45 } }])).toThrow(
    "1.json and 2.json overlap: shard 1 has the rows before 25, shard 2 those from 20",
  );
  const late = { ...second, rows: { ...second.rows, from: 26, to: 51, next: 51, total: 51 } };
  expect(() => merged([{ ...first, rows: { ...first.rows, total: 51 } }, late])).toThrow("must begin with row 25");
  const short = { ...second, rows: { ...second.rows, total: 60 } };
  expect(() => merged([{ ...first, rows: { ...first.rows, total: 60 } }, short])).toThrow(
    "must go to the last row, 59",
  );
});

it("refuses another evaluation's, and says what differs", () => {
  const [first, second] = shardStates(BLOCK, 2);
  if (first === undefined || second === undefined) throw new Error("two shards are needed");
  const secondWith = (settings: Partial<EvalState["settings"]>): EvalState => ({
    ...second,
    settings: { ...FOUR_CLASSES, ...settings },
  });
  expect(() => merged([first, secondWith({ options: { logits: "[8, 4] f32" } })])).toThrow(
    "2.json is of another evaluation than 1.json: label-smoothing absent, not 0.1",
  );
  expect(() => merged([first, secondWith({ reduction: { reduction: "sum" } })])).toThrow('reduction "sum", not "mean"');
  expect(() => merged([first, secondWith({ bytes: 3 })])).toThrow("bytes 3, not absent");
  expect(() => merged([first, { ...second, shard: { index: 2, count: 3 } }])).toThrow("3 shards, not 2");
  expect(() => merged([first, { ...second, rows: { ...second.rows, total: 51 } }])).toThrow("51 rows in all, not 50");
});

it("needs a state", () => {
  expect(() => merged([])).toThrow("at least one state file");
});
