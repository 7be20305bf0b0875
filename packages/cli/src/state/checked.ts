import { FormatError } from "../readers/format-error.ts";

// JSON from a file is anything at all. Each of these gives a value of a known kind, or says where it is not one.

/** A place in a file of JSON, e.g. `rows.next`. */
export class Place {
  readonly file: string;
  readonly path: string;

  constructor(file: string, path: string = "") {
    this.file = file;
    this.path = path;
  }

  /** The place of a member. */
  at(key: string | number): Place {
    return new Place(this.file, this.path === "" ? String(key) : `${this.path}.${key}`);
  }

  /** The error of what was found here. */
  error(required: string, found: unknown): FormatError {
    const where = this.path === "" ? "the file" : this.path;
    return new FormatError(this.file, `${where} must be ${required}; got ${described(found)}`);
  }
}

/** An object, as its members. */
export function checkedObject(value: unknown, place: Place): ReadonlyMap<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw place.error("an object", value);
  return new Map(Object.entries(value));
}

/** An object with exactly these members; those ending in `?` may be absent. */
export function checkedRecord(value: unknown, place: Place, keys: readonly string[]): ReadonlyMap<string, unknown> {
  const members = checkedObject(value, place);
  const known = new Set(keys.map((key) => key.replace("?", "")));
  for (const key of members.keys())
    if (!known.has(key)) throw place.at(shortened(key)).error("absent", members.get(key));
  for (const key of keys) if (!key.endsWith("?") && !members.has(key)) throw place.at(key).error("there", undefined);
  return members;
}

/** An integer of a range. */
export function checkedInteger(
  value: unknown,
  place: Place,
  range: { readonly min: number; readonly max: number },
): number {
  const { min, max } = range;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value + 0;
  throw place.error(`an integer from ${min} to ${max}`, value);
}

/** A number; what JSON has no word for comes as `"NaN"`, `"Infinity"` or `"-Infinity"`. */
export function checkedNumber(value: unknown, place: Place): number {
  if (typeof value === "number") return value;
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  throw place.error(`a number, "NaN", "Infinity" or "-Infinity"`, value);
}

/** One of some words. */
export function checkedWord<Word extends string>(value: unknown, place: Place, words: readonly Word[]): Word {
  const found = words.find((word) => word === value);
  if (found === undefined) throw place.error(words.map((word) => `"${word}"`).join(" or "), value);
  return found;
}

/** True or false. */
export function checkedBoolean(value: unknown, place: Place): boolean {
  if (typeof value !== "boolean") throw place.error("true or false", value);
  return value;
}

/** A list of at most so many. */
export function checkedList(value: unknown, place: Place, limit: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > limit) throw place.error(`a list of at most ${limit}`, value);
  return value;
}

function described(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return shortened(JSON.stringify(value));
}

/** What stands in a file may be long, or go over lines. */
function shortened(text: string): string {
  const line = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"');
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}
