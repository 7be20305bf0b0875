import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { mutate } from "../fuzz/mutate.ts";
import { randomFrom } from "../fuzz/random.ts";
import { Metrics } from "../metrics/metrics.ts";
import { FormatError } from "../readers/format-error.ts";
import { fixture } from "../testing/io.ts";
import { piecesOf, rowBlock, someRows } from "../testing/rows.ts";
import { FOUR_CLASSES, shardState } from "../testing/states.ts";
import { parseState, stateText } from "./parse.ts";
import { parseShard, shardRows } from "./shard.ts";
import { restored, snapshot } from "./snapshot.ts";
import { canonicalText, type EvalState } from "./state.ts";

const ENCODER = new TextEncoder();
const STATE = shardState(rowBlock(someRows(7, 30, 4)), { index: 2, count: 3 });

function parsed(text: string): EvalState {
  return parseState(ENCODER.encode(text), "s.json");
}

/** The message about a state with one member changed, with the digest of what it became. */
function complaint(change: (state: Record<string, never>) => void): string {
  const changed = JSON.parse(canonicalText(STATE)) as Record<string, never>;
  change(changed);
  try {
    restored(parsed(stateText(changed as unknown as EvalState)), "s.json");
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  return "none";
}

it("the same rows have the same text, however they came", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(40), fc.nat(), (seed, count, order) => {
      const block = rowBlock(someRows(seed, count, 4));
      const whole = shardState(block, { index: 1, count: 1 });
      const metrics = new Metrics(FOUR_CLASSES.metrics);
      for (const piece of piecesOf(block, [3, 1, 5], order)) metrics.add(piece);
      expect(stateText({ ...whole, metrics: snapshot(metrics) })).toBe(stateText(whole));
    }),
  );
});

it("comes back from its text, and goes on from there", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 40 }), fc.nat(40), (seed, count, left) => {
      const block = rowBlock(someRows(seed, count, 4));
      const whole = shardState(block, { index: 1, count: 1 });
      const half = shardState(block, { index: 1, count: 1 }, { left });
      const back = parsed(stateText(half));
      expect(stateText(back)).toBe(stateText(half));
      const metrics = restored(back, "s.json");
      for (const piece of piecesOf(block, [1], 0).slice(back.rows.next)) metrics.add(piece);
      expect(snapshot(metrics)).toEqual(snapshot(restored(whole, "s.json")));
    }),
  );
});

it("names the place of what is wrong", () => {
  const set = (path: string, value: unknown) => (state: Record<string, never>) => {
    const names = path.split(".");
    const last = names.pop() ?? "";
    let at: Record<string, unknown> = state;
    for (const name of names) at = at[name] as Record<string, unknown>;
    at[last] = value;
  };
  expect(complaint(() => {})).toBe("none");
  expect(complaint(set("rows.next", 99))).toBe("s.json: state.rows.next must be an integer from 10 to 20; got 99");
  expect(complaint(set("shard.index", 0))).toBe("s.json: state.shard.index must be an integer from 1 to 3; got 0");
  expect(complaint(set("rows.next", 12))).toContain(
    "totals.counts.rows must be 2, as rows.from and rows.next say; got 10",
  );
  expect(complaint(set("settings.metrics.classes", -1))).toContain("classes must be an integer");
  expect(complaint(set("settings.metrics.indices", "yes"))).toContain('must be true or false; got "yes"');
  expect(complaint(set("settings.reduction.reduction", "none"))).toContain('must be "mean" or "sum"; got "none"');
  expect(complaint(set("settings.options.weight", {}))).toContain("of texts, numbers, true and false; got an object");
  expect(complaint(set("settings.extra", 1))).toBe("s.json: state.settings.extra must be absent; got 1");
  expect(complaint(set("metrics.tallies.totals", undefined))).toContain("must be of the members totals, ranks");
  expect(complaint(set("metrics.tallies.totals.counts.rows", [0]))).toContain("a list of places, each with its value");
  expect(complaint(set("metrics.tallies.totals.counts.rows", [1, 10]))).toContain("places that ascend, below 1; got 1");
  expect(complaint(set("metrics.tallies.totals.sums.loss", [0, "1e5"]))).toContain("an exact sum such as");
  expect(complaint(set("metrics.worstRows", [{}]))).toContain("metrics.worstRows.0.row must be there; got nothing");
  expect(complaint(set("metrics.worstRows.0.loss", "big"))).toContain('"NaN", "Infinity" or "-Infinity"; got "big"');
  const first = "metrics.nonFiniteRows.0";
  expect(complaint(set(`${first}.loss`, 1))).toContain(`${first}.loss must be NaN or infinite; got 1`);
  expect(complaint(set(`${first}.cause`, "bad luck"))).toContain('or "overflow"; got "bad luck"');
  expect(complaint(set(`${first}.class`, -2))).toContain(`${first}.class must be an integer from -1`);
  expect(complaint(set(`${first}.row`, 9))).toContain(`${first}.row must be from 10 to before 20, in order; got 9`);
  expect(complaint(set("metrics.nonFiniteRows", []))).toContain("nonFiniteRows must be a list of 2, as the causes say");
});

it("refuses what is damaged, foreign, or not JSON", () => {
  const text = stateText(STATE);
  expect(() => parsed(text.slice(0, -20))).toThrow("s.json: a state file is one JSON object; this is not JSON");
  expect(() => parsed("")).toThrow(FormatError);
  expect(() => parsed("[1]")).toThrow("s.json: the file must be an object; got a list of 1");
  expect(() => parsed(text.replace('"index":2', '"index":1'))).toThrow("sha256 is not that of the state");
  expect(() => parsed(text.replace("surprisal-state", "other"))).toThrow(
    'format must be "surprisal-state"; got "other"',
  );
  expect(() => parsed(text.replace('"version":1', '"version":2'))).toThrow("version must be 1; got 2");
  expect(() => parseState(Uint8Array.of(0xff, 0xfe), "s.json")).toThrow(FormatError);
  expect(() => parsed(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)).toThrow(FormatError);
});

it("a change of any byte is found, or changes nothing", () => {
  const bytes = ENCODER.encode(stateText(STATE));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
      const changed = bytes.slice();
      changed[at] = value;
      const outcome = (): string => {
        try {
          return stateText(parseState(changed, "s.json"));
        } catch (error) {
          return error instanceof FormatError ? "refused" : String(error);
        }
      };
      expect(["refused", stateText(STATE)]).toContain(outcome());
    }),
    { numRuns: 500 },
  );
});

it("whatever a state says under a right digest, it is taken or refused", () => {
  const { state } = JSON.parse(readFileSync(fixture("state.json"), "utf8")) as { state: EvalState };
  const text = ENCODER.encode(JSON.stringify(state));
  const words = [
    "0",
    "-1",
    "1e308",
    "null",
    "true",
    "[]",
    "{}",
    '"NaN"',
    '"0p0"',
    '"1p-3"',
    '"overflow"',
    "9007199254740993",
  ];
  const random = randomFrom(5);
  const outcomes = { taken: 0, refused: 0 };
  for (let i = 0; i < 6000; i++) {
    const changed = changedState(mutate(text, text, words, random));
    if (changed === undefined) continue;
    try {
      restored(parsed(stateText(changed)), "s.json").result();
      outcomes.taken++;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      outcomes.refused++;
    }
  }
  expect(outcomes.taken).toBeGreaterThan(20);
  expect(outcomes.refused).toBeGreaterThan(200);
});

/** What is still JSON, and no table of millions. */
function changedState(bytes: Uint8Array): EvalState | undefined {
  try {
    const state = JSON.parse(Buffer.from(bytes).toString("utf8")) as Partial<EvalState>;
    return (state.settings?.metrics?.classes ?? 0) > 5000 ? undefined : (state as EvalState);
  } catch {
    return undefined;
  }
}

it("shards share rows out evenly, in order", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 40), fc.integer({ min: 1, max: 50 }), (total, count) => {
      const shards = Array.from({ length: count }, (_, i) => shardRows(total, { index: i + 1, count }));
      expect(shards[0]?.from).toBe(0);
      expect(shards.at(-1)?.to).toBe(total);
      expect(shards.slice(1).every(({ from }, i) => from === shards[i]?.to)).toBe(true);
      const sizes = shards.map(({ from, to }) => to - from);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
  expect(parseShard("3/10")).toEqual({ index: 3, count: 10 });
  for (const text of ["0/3", "4/3", "1", "1/0", "a/b", "-1/2", "1/2/3"]) expect(() => parseShard(text)).toThrow("3/10");
});
