import type { Elements } from "./array-reader.ts";

/** As many dims as NumPy knows. */
const MAX_DIMS = 64;

/** The sizes of nested arrays, told by the first of each. */
export function sizesOf(value: unknown): number[] {
  const sizes: number[] = [];
  for (let each = value; isList(each) && sizes.length < MAX_DIMS; each = each[0]) sizes.push(each.length);
  return sizes;
}

/** Where the numbers of nested arrays go, and what they have to be. */
export interface Filling {
  readonly into: Elements;
  /** The next element. */
  at: number;
  readonly shape: readonly number[];
  /** What is taken as an element; undefined for what is none. */
  readonly element: (value: unknown) => number | bigint | undefined;
  readonly error: (problem: string) => Error;
}

/** Writes the numbers of nested arrays one after the other. @throws what `error` makes, if they are not what is required */
export function fillNested(filling: Filling, value: unknown, depth: number = 0): void {
  const { shape, into, element, error } = filling;
  if (depth === shape.length) {
    const number = element(value);
    if (number === undefined) throw error(`a number required; got ${shown(value)}`);
    into[filling.at++] = number as never;
    return;
  }
  if (!isList(value) || value.length !== shape[depth]) {
    throw error(`an array of ${shape[depth]} required, as in the first row; got ${shown(value)}`);
  }
  for (let i = 0; i < value.length; i++) fillNested(filling, value[i], depth + 1);
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function shown(value: unknown): string {
  if (isList(value)) return `one of ${value.length}`;
  if (value === null || value === undefined) return "null";
  return (typeof value === "bigint" ? String(value) : JSON.stringify(value)).slice(0, 40);
}
