import { FormatError } from "./format-error.ts";

/** What a .npy header says, before it is judged. */
export interface NpyDict {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

type Token =
  | { readonly kind: "string" | "mark" | "end"; readonly text: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "boolean"; readonly text: "True" | "False" };

// Each alternative starts with another character, so that matching is linear. Python 2 wrote `3L`.
const TOKEN =
  /[ \t\n]*(?:(?<string>'[^'\\\n]*'|"[^"\\\n]*")|(?<number>\d+)L?|(?<boolean>True|False)|(?<mark>[^'"\d\s]))/y;
const BLANK = /[ \t\n]*$/y;
const KEYS = ["descr", "fortran_order", "shape"] as const;

/**
 * Reads the Python dict of a .npy header, e.g. `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }`: exactly
 * these three keys, each once, in any order. Nothing else of Python is understood, and nothing is evaluated.
 *
 * @throws FormatError
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function parseNpyDict(text: string, file: string): NpyDict {
  const tokens = new Tokens(text, file);
  const found = new Map<string, unknown>();
  tokens.expect("{");
  while (tokens.peek().text !== "}" || tokens.peek().kind !== "mark") {
    const key = readKey(tokens, found);
    tokens.expect(":", key);
    found.set(key, readValue(tokens, key));
    if (!tokens.take(",")) break;
  }
  tokens.expect("}");
  if (tokens.peek().kind !== "end") throw tokens.error("the end of the header");
  const missing = KEYS.filter((key) => !found.has(key));
  if (missing.length > 0)
    throw new FormatError(file, `the header lacks ${missing.map((key) => `"${key}"`).join(", ")}`);
  return {
    descr: String(found.get("descr")),
    fortranOrder: found.get("fortran_order") === true,
    shape: found.get("shape") as readonly number[],
  };
}

function readKey(tokens: Tokens, found: ReadonlyMap<string, unknown>): (typeof KEYS)[number] {
  const key = KEYS.find((name) => name === tokens.peek().text.slice(1, -1));
  if (tokens.peek().kind !== "string" || key === undefined) throw tokens.error(`one of the keys ${KEYS.join(", ")}`);
  if (found.has(key)) throw tokens.error("each key once", key);
  tokens.next();
  return key;
}

function readValue(tokens: Tokens, key: (typeof KEYS)[number]): unknown {
  switch (key) {
    case "descr":
      return readDescr(tokens);
    case "fortran_order":
      if (tokens.peek().kind !== "boolean") throw tokens.error("True or False", key);
      return tokens.next().text === "True";
    case "shape":
      return readShape(tokens);
    default:
      return key satisfies never;
  }
}

function readDescr(tokens: Tokens): string {
  const { kind, text } = tokens.peek();
  if (kind === "mark" && text === "[") throw tokens.error("one number per element, not a record of several", "descr");
  if (kind !== "string") throw tokens.error('a dtype such as "<f4"', "descr");
  return tokens.next().text.slice(1, -1);
}

function readShape(tokens: Tokens): number[] {
  const shape: number[] = [];
  tokens.expect("(", "shape");
  while (tokens.peek().kind === "number") {
    const size = Number(tokens.next().text);
    if (!Number.isSafeInteger(size)) throw tokens.error("sizes below 2^53", "shape");
    shape.push(size);
    const comma = tokens.take(",");
    if (!comma && shape.length === 1) throw tokens.error('a tuple, "(3,)" for one dimension', "shape");
    if (!comma) break;
  }
  tokens.expect(")", "shape");
  return shape;
}

/** The tokens of a header, with one token of look-ahead. */
class Tokens {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #token: Token;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
    this.#token = this.#read();
  }

  peek(): Token {
    return this.#token;
  }

  next(): Token {
    const token = this.#token;
    this.#token = this.#read();
    return token;
  }

  /** Takes the mark if it comes next. */
  take(mark: string): boolean {
    const comes = this.#token.kind === "mark" && this.#token.text === mark;
    if (comes) this.next();
    return comes;
  }

  expect(mark: string, field?: string): void {
    if (!this.take(mark)) throw this.error(`"${mark}"`, field);
  }

  error(required: string, field?: string): FormatError {
    const { kind, text } = this.#token;
    const came = kind === "end" ? "the header ends" : `got ${JSON.stringify(text.slice(0, 40))}`;
    const where = field === undefined ? "the header needs " : "";
    return new FormatError(this.#file, `${where}${required}${field === undefined ? "" : " required"}; ${came}`, field);
  }

  #read(): Token {
    BLANK.lastIndex = this.#at;
    if (BLANK.test(this.#text)) return { kind: "end", text: "" };
    TOKEN.lastIndex = this.#at;
    const groups = TOKEN.exec(this.#text)?.groups;
    // An opening quote that is never closed matches nothing; as a mark, no rule accepts it.
    if (groups === undefined) return { kind: "mark", text: this.#text.slice(this.#at).trimStart() };
    this.#at = TOKEN.lastIndex;
    const { string, number, boolean, mark } = groups;
    if (string !== undefined) return { kind: "string", text: string };
    if (number !== undefined) return { kind: "number", text: number };
    if (boolean === "True" || boolean === "False") return { kind: "boolean", text: boolean };
    return { kind: "mark", text: mark ?? "" };
  }
}
