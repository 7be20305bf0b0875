import { FormatError } from "./format-error.ts";

/** What of several things with names is meant. */
export interface Wanted {
  /** Undefined: the only one there is. */
  readonly name: string | undefined;
  /** For the message: the option that names it. */
  readonly option: string;
}

/**
 * The one that is meant.
 * @throws FormatError that lists the names there are
 */
export function memberNamed<T extends { readonly name: string }>(
  members: readonly T[],
  { name, option }: Wanted,
  { file, kind }: { readonly file: string; readonly kind: "array" | "tensor" },
): T {
  const [only] = members;
  const found =
    name === undefined ? (members.length === 1 ? only : undefined) : members.find((each) => each.name === name);
  if (found !== undefined) return found;
  const named = kind === "array" ? "an array" : `a ${kind}`;
  const there =
    members.length === 0 ? "it has none that can be read" : `it has ${listed(members.map((each) => each.name))}`;
  if (name !== undefined) throw new FormatError(file, `no ${kind} ${JSON.stringify(name)} (${option}); ${there}`);
  throw new FormatError(
    file,
    members.length === 0 ? `${named} required; ${there}` : `${option} must name ${named}; ${there}`,
  );
}

const SHOWN = 12;

/** Names in quotes, the first ones of many. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map((name) => JSON.stringify(name.slice(0, 60)));
  return shown.join(", ") + (names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "");
}
