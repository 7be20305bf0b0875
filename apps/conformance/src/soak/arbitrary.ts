import * as fc from "fast-check";
import { type Choices, type Family, sizes } from "../cases/family.ts";
import type { Choice, Parameters } from "../cases/sweep.ts";
import { sizeOf } from "../problem.ts";
import { shrinkingTo } from "./shrink.ts";

// Random addresses. What shrinks is the address: to small shapes, and to the defaults of all parameters that do not matter.

/** Parameters that may be any number between the ones listed; the others mean something else at each number. */
const CONTINUOUS: ReadonlySet<string> = new Set([
  "smoothing",
  "softcap",
  "zLoss",
  "scale",
  "normalizer",
  "gamma",
  "alpha",
  "size",
]);
/** Below this, finite differences say nothing of the slope: all logits are at their cap. */
const LEAST: Readonly<Record<string, number>> = { softcap: 1 };
/** How finely a number of its own is chosen. */
const STEPS = 1000;

/** Sizes of a dim, with how often each is drawn: ordinary ones, and both sides of registers, workgroups and tiles. */
const SIZES: readonly (readonly [size: number, times: number])[] = [
  [0, 1],
  [1, 8],
  [2, 8],
  [3, 8],
  [4, 4],
  [5, 4],
  ...[7, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257].map((size) => [size, 1] as const),
];
const MOST_DIMS = 4;
/** Larger cases are of no other kind, and one of them takes the time of hundreds. */
const MOST_ELEMENTS = 20_000;

/**
 * Addresses of any case of these families, the ones on no list among them: a choice for each parameter, any shape of a rank that
 * the family lists (or up to rank 4, where it lists several), and a seed. All are allowed by their family.
 *
 * @throws Error where there is no family
 * @example
 * ```ts
 * const [address] = fc.sample(arbitraryAddress([softmax]), { numRuns: 1, seed: 7 }); // e.g. softmax:shape=3x64;seed=12
 * ```
 */
export function arbitraryAddress(families: readonly Family[]): fc.Arbitrary<string> {
  if (families.length === 0) throw new Error("there is no family to draw cases from");
  // The more parameters, the more combinations there are to find something in.
  const weighted = families.map((family) => ({
    arbitrary: addressOf(family),
    weight: Object.keys(family.choices).length,
  }));
  return fc.oneof(...weighted);
}

function addressOf(family: Family): fc.Arbitrary<string> {
  const { shape, ...choices } = family.choices;
  const others = Object.entries(choices).map(([name, listed]) => [name, choiceOf(name, listed)] as const);
  const drawn = fc.record<Record<string, Choice>>({
    shape: shapeOf(shape),
    ...Object.fromEntries(others),
    seed: fc.nat(),
  });
  return shrinkingTo(drawn.map(withoutZeroSeed), (parameters) => simpler(parameters, family.choices))
    .filter((parameters) => family.allows(parameters))
    .map((parameters) => family.address(parameters));
}

/** The seed 0 is the same as none. */
function withoutZeroSeed({ seed, ...parameters }: Parameters): Parameters {
  return seed === 0 || seed === undefined ? parameters : { ...parameters, seed };
}

/** The default half of the time, else another one. */
function choiceOf(name: string, [first, ...rest]: readonly Choice[]): fc.Arbitrary<Choice> {
  if (first === undefined) throw new Error(`${name} has no choices`);
  const ordinary = { arbitrary: fc.constant(first), weight: 4 };
  if (rest.length === 0) return ordinary.arbitrary;
  const others = { arbitrary: fc.constantFrom(...rest), weight: 3 };
  const numbers = [first, ...rest].filter((choice) => typeof choice === "number");
  const least = Math.max(LEAST[name] ?? -Infinity, Math.min(...numbers));
  if (!CONTINUOUS.has(name) || numbers.length === 0) return fc.oneof(ordinary, others);
  return fc.oneof(ordinary, others, { arbitrary: between(least, Math.max(...numbers)), weight: 1 });
}

/** A number between two, both left out, of few digits. */
function between(low: number, high: number): fc.Arbitrary<number> {
  return fc
    .integer({ min: 1, max: STEPS - 1 })
    .map((step) => Number((low + ((high - low) * step) / STEPS).toPrecision(3)));
}

/** Shapes of the ranks that are listed. A dim is empty only where a listed one is. */
function shapeOf(listed: readonly string[]): fc.Arbitrary<string> {
  const [least, most] = ranksOf(listed);
  const dim = fc.oneof(...SIZES.map(([size, weight]) => ({ arbitrary: fc.constant(size), weight })));
  return fc
    .integer({ min: least, max: most })
    .chain((rank) => fc.tuple(...new Array<typeof dim>(rank).fill(dim)))
    .map((drawn) => drawn.map((size, at) => (mayBeEmpty(listed, drawn.length, at) ? size : Math.max(1, size))))
    .filter((shape) => sizeOf(shape) <= MOST_ELEMENTS)
    .map((shape) => shape.join("x"));
}

/** The least and the largest rank: the one that is listed, or from the least of several up. */
function ranksOf(listed: readonly string[]): readonly [least: number, most: number] {
  const ranks = listed.map((shape) => sizes(shape).length);
  const [least, most] = [Math.min(...ranks), Math.max(...ranks)];
  return [least, least === most ? most : MOST_DIMS];
}

function mayBeEmpty(listed: readonly string[], rank: number, at: number): boolean {
  return listed.map(sizes).some((shape) => shape.length === rank && shape[at] === 0);
}

/** What to try in place of a failing case, the simplest first: no seed, less of a shape, a default, a listed number. */
function* simpler({ seed, ...parameters }: Parameters, { shape: listed, ...choices }: Choices): Iterable<Parameters> {
  if (seed !== undefined) yield parameters;
  const kept = seed === undefined ? parameters : { ...parameters, seed };
  for (const shape of smallerShapes(sizes(String(parameters["shape"])), ranksOf(listed)[0])) {
    yield { ...kept, shape: shape.join("x") };
  }
  for (const [name, known] of Object.entries(choices)) {
    const at = known.indexOf(parameters[name] ?? "");
    for (const choice of known.slice(0, at < 0 ? known.length : at)) yield { ...kept, [name]: choice };
  }
}

function* smallerShapes(shape: readonly number[], least: number): Iterable<readonly number[]> {
  for (let at = 0; at < shape.length && shape.length > least; at++) yield shape.toSpliced(at, 1);
  for (const [at, size] of shape.entries()) {
    for (const [smaller] of SIZES) if (smaller > 0 && smaller < size) yield shape.with(at, smaller);
  }
}
