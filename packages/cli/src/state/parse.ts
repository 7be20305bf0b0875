import { createHash } from "node:crypto";
import { MAX_NON_FINITE_ROWS, NON_FINITE_CAUSES, type NonFiniteRow } from "../metrics/non-finite.ts";
import { MAX_ROWS, type MetricSettings } from "../metrics/settings.ts";
import type { RowRecord } from "../metrics/worst-rows.ts";
import { FormatError } from "../readers/format-error.ts";
import {
  checkedBoolean,
  checkedInteger,
  checkedList,
  checkedNumber,
  checkedObject,
  checkedRecord,
  checkedWord,
  Place,
} from "./checked.ts";
import {
  canonicalText,
  type EvalState,
  type MetricsState,
  type Setting,
  type Shard,
  type Sparse,
  type StateRows,
  type StateSettings,
  type TallyState,
} from "./state.ts";

const FORMAT = "surprisal-state";
const VERSION = 1;

/** A state of 2^18 classes takes about 15 MB. */
export const MAX_STATE_BYTES: number = 2 ** 28;

const MAX_CLASSES = 2 ** 31 - 1;
const MAX_SHARDS = 999_999;
const MAX_NAMES = 256;
const MAX_WORST_ROWS = 100_000;
const COUNT = { min: 0, max: MAX_ROWS };
const CLASS = { min: -1, max: MAX_CLASSES };

/** A state as the text of a file: one object, of which `sha256` guards the rest. */
export function stateText(state: EvalState): string {
  const body = canonicalText(state);
  return `{"format":"${FORMAT}","version":${VERSION},"sha256":"${digest(body)}","state":${body}}\n`;
}

/**
 * Reads the bytes of a state file. Memory is in proportion to the bytes: nothing of the size that the settings name is made.
 * @param file its name, for errors
 * @throws FormatError for anything but what `stateText` writes
 */
export function parseState(bytes: Uint8Array, file: string): EvalState {
  if (bytes.length > MAX_STATE_BYTES) {
    throw new FormatError(file, `a state file has at most ${MAX_STATE_BYTES} bytes; got ${bytes.length}`);
  }
  const place = new Place(file);
  const outer = checkedObject(parsedJson(bytes, file), place);
  if (outer.get("format") !== FORMAT) throw place.at("format").error(`"${FORMAT}"`, outer.get("format"));
  if (outer.get("version") !== VERSION) throw place.at("version").error(String(VERSION), outer.get("version"));
  checkedRecord(Object.fromEntries(outer), place, ["format", "version", "sha256", "state"]);
  const state = checkedState(outer.get("state"), place.at("state"));
  const sha256 = digest(canonicalText(state));
  if (outer.get("sha256") !== sha256)
    throw new FormatError(file, "sha256 is not that of the state: the file is damaged");
  return state;
}

function parsedJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw new FormatError(file, "a state file is one JSON object; this is not JSON, or not all of it", undefined, {
      cause: error,
    });
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function checkedState(value: unknown, place: Place): EvalState {
  const members = checkedRecord(value, place, ["settings", "shard", "rows", "metrics"]);
  return {
    settings: checkedSettings(members.get("settings"), place.at("settings")),
    shard: checkedShard(members.get("shard"), place.at("shard")),
    rows: checkedRows(members.get("rows"), place.at("rows")),
    metrics: checkedMetrics(members.get("metrics"), place.at("metrics")),
  };
}

function checkedSettings(value: unknown, place: Place): StateSettings {
  const members = checkedRecord(value, place, ["metrics", "reduction", "bytes?", "options"]);
  const bytes = members.get("bytes");
  return {
    metrics: checkedMetricSettings(members.get("metrics"), place.at("metrics")),
    reduction: checkedReduction(members.get("reduction"), place.at("reduction")),
    ...(bytes !== undefined && { bytes: checkedInteger(bytes, place.at("bytes"), COUNT) }),
    options: checkedOptions(members.get("options"), place.at("options")),
  };
}

function checkedMetricSettings(value: unknown, place: Place): MetricSettings {
  const names = ["classes", "indices", "topK", "calibrationBins", "worstRows"];
  const members = checkedRecord(value, place, names);
  const integer = (name: string, min: number, max: number): number =>
    checkedInteger(members.get(name), place.at(name), { min, max });
  return {
    classes: integer("classes", 0, MAX_CLASSES),
    indices: checkedBoolean(members.get("indices"), place.at("indices")),
    topK: checkedList(members.get("topK"), place.at("topK"), MAX_NAMES).map((k, i) =>
      checkedInteger(k, place.at("topK").at(i), { min: 1, max: MAX_CLASSES }),
    ),
    calibrationBins: integer("calibrationBins", 1, 10_000),
    worstRows: integer("worstRows", 0, MAX_WORST_ROWS),
  };
}

function checkedReduction(value: unknown, place: Place): StateSettings["reduction"] {
  const members = checkedRecord(value, place, ["reduction", "normalizer?", "onEmpty?"]);
  const [normalizer, onEmpty] = [members.get("normalizer"), members.get("onEmpty")];
  return {
    reduction: checkedWord(members.get("reduction"), place.at("reduction"), ["mean", "sum"]),
    ...(normalizer !== undefined && { normalizer: checkedNumber(normalizer, place.at("normalizer")) }),
    ...(onEmpty !== undefined && { onEmpty: checkedWord(onEmpty, place.at("onEmpty"), ["nan", "zero", "throw"]) }),
  };
}

function checkedOptions(value: unknown, place: Place): StateSettings["options"] {
  const members = [...checkedObject(value, place)];
  if (members.length > MAX_NAMES) throw place.error(`an object of at most ${MAX_NAMES} members`, value);
  return Object.fromEntries(members.map(([name, option]) => [name, checkedSetting(option, place)]));
}

function checkedSetting(value: unknown, place: Place): Setting {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  throw place.error("of texts, numbers, true and false", value);
}

function checkedShard(value: unknown, place: Place): Shard {
  const members = checkedRecord(value, place, ["index", "count"]);
  const count = checkedInteger(members.get("count"), place.at("count"), { min: 1, max: MAX_SHARDS });
  return { index: checkedInteger(members.get("index"), place.at("index"), { min: 1, max: count }), count };
}

function checkedRows(value: unknown, place: Place): StateRows {
  const members = checkedRecord(value, place, ["from", "to", "next", "total"]);
  const total = checkedInteger(members.get("total"), place.at("total"), COUNT);
  const to = checkedInteger(members.get("to"), place.at("to"), { min: 0, max: total });
  const from = checkedInteger(members.get("from"), place.at("from"), { min: 0, max: to });
  return { from, to, next: checkedInteger(members.get("next"), place.at("next"), { min: from, max: to }), total };
}

function checkedMetrics(value: unknown, place: Place): MetricsState {
  const members = checkedRecord(value, place, ["tallies", "worstRows", "nonFiniteRows"]);
  const worst = checkedList(members.get("worstRows"), place.at("worstRows"), MAX_WORST_ROWS);
  const broken = checkedList(members.get("nonFiniteRows"), place.at("nonFiniteRows"), MAX_NON_FINITE_ROWS);
  return {
    tallies: byName(members.get("tallies"), place.at("tallies"), checkedTally),
    worstRows: worst.map((row, i) => checkedRow(row, place.at("worstRows").at(i))),
    nonFiniteRows: broken.map((row, i) => checkedNonFinite(row, place.at("nonFiniteRows").at(i))),
  };
}

function checkedTally(value: unknown, place: Place): TallyState {
  const members = checkedRecord(value, place, ["counts", "sums"]);
  return {
    counts: byName(members.get("counts"), place.at("counts"), (each, where) =>
      checkedSparse(each, where, (count, at) => checkedInteger(count, at, { min: 1, max: MAX_ROWS })),
    ),
    sums: byName(members.get("sums"), place.at("sums"), (each, where) => checkedSparse(each, where, checkedText)),
  };
}

function checkedText(value: unknown, place: Place): string {
  if (typeof value !== "string") throw place.error("a text", value);
  return value;
}

function byName<Value>(
  value: unknown,
  place: Place,
  check: (value: unknown, place: Place) => Value,
): Record<string, Value> {
  const members = [...checkedObject(value, place)];
  if (members.length > MAX_NAMES) throw place.error(`an object of at most ${MAX_NAMES} members`, value);
  return Object.fromEntries(members.map(([name, each]) => [name, check(each, place.at(name))]));
}

function checkedSparse<Value extends string | number>(
  value: unknown,
  place: Place,
  check: (value: unknown, place: Place) => Value,
): Sparse<Value> {
  const list = checkedList(value, place, MAX_STATE_BYTES);
  if (list.length % 2 === 1) throw place.error("a list of places, each with its value", value);
  return list.map((each, i) => (i % 2 === 0 ? checkedInteger(each, place, COUNT) : check(each, place)));
}

function checkedRow(value: unknown, place: Place): RowRecord {
  const reals = ["loss", "targetProbability", "maxProbability"] as const;
  const labels = ["target", "prediction", "rank"] as const;
  const members = checkedRecord(value, place, ["row", ...reals, ...labels]);
  const real = (name: (typeof reals)[number]): number => checkedNumber(members.get(name), place.at(name));
  const label = (name: (typeof labels)[number]): number => checkedInteger(members.get(name), place.at(name), CLASS);
  return {
    row: checkedInteger(members.get("row"), place.at("row"), COUNT),
    target: label("target"),
    prediction: label("prediction"),
    loss: real("loss"),
    targetProbability: real("targetProbability"),
    maxProbability: real("maxProbability"),
    rank: label("rank"),
  };
}

function checkedNonFinite(value: unknown, place: Place): NonFiniteRow {
  const members = checkedRecord(value, place, ["row", "target", "loss", "cause", "class"]);
  const loss = checkedNumber(members.get("loss"), place.at("loss"));
  if (Number.isFinite(loss)) throw place.at("loss").error("NaN or infinite", loss);
  return {
    row: checkedInteger(members.get("row"), place.at("row"), COUNT),
    target: checkedInteger(members.get("target"), place.at("target"), CLASS),
    loss,
    cause: checkedWord(members.get("cause"), place.at("cause"), NON_FINITE_CAUSES),
    class: checkedInteger(members.get("class"), place.at("class"), CLASS),
  };
}
