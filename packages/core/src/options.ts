import { OptionError } from "./errors.ts";

/** How row losses become the result. */
export type Reduction = "mean" | "sum" | "none";

/** Throws for an option that does not exist, naming the nearest one that does. */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new OptionError("option-value", `${where}: options must be an object; got ${String(options)}`);
  }
  for (const name in options) {
    if (known.includes(name)) continue;
    const near = known.find((candidate) => distance(candidate.toLowerCase(), name.toLowerCase()) <= 2);
    const hint = near === undefined ? `known: ${known.join(", ")}` : `did you mean "${near}"?`;
    throw new OptionError("option-unknown", `${where}: unknown option "${name}"; ${hint}`, { option: name, known });
  }
}

/** One of a fixed list of words. */
export function oneOf<T extends string>(where: string, option: string, value: unknown, allowed: readonly T[]): T {
  for (const word of allowed) if (word === value) return word;
  const message = `${where}: ${option} must be one of ${allowed.join(", ")}; got ${String(value)}`;
  throw new OptionError("option-value", message, { option, value });
}

/** A number that is not NaN, within inclusive limits. */
export function inRange(
  where: string,
  option: string,
  value: unknown,
  min: number = -Infinity,
  max: number = Infinity,
): number {
  if (typeof value === "number" && value >= min && value <= max) return value;
  const limits = min === -Infinity && max === Infinity ? "a number" : `a number in [${min}, ${max}]`;
  const message = `${where}: ${option} must be ${limits}; got ${String(value)}`;
  throw new OptionError("option-value", message, { option, value, min, max });
}

/** A number in `range` and finite. */
export function finite(where: string, option: string, value: unknown, min: number = -Number.MAX_VALUE): number {
  return inRange(where, option, value, min, Number.MAX_VALUE);
}

/** An integer that a double holds exactly. */
export function safeInteger(
  where: string,
  option: string,
  value: unknown,
  min: number = Number.MIN_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && (value as number) >= min) return value as number;
  const message = `${where}: ${option} must be an integer ≥ ${min}; got ${String(value)}`;
  throw new OptionError("option-value", message, { option, value, min });
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
