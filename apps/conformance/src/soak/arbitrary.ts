import * as fc from "fast-check";
import type { Family } from "../cases/family.ts";
import { sizes } from "../cases/family.ts";
import type { Choice, Parameters } from "../cases/sweep.ts";
import { sizeOf } from "../problem.ts";

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

/** Sizes of a dim and how often each is drawn, smaller ones first: both sides of registers, workgroups and tiles. */
const SIZES: readonly number[] = [
  [0, 1],
  [1, 8],
  [2, 8],
  [3, 8],
  [4, 4],
  [5, 4],
  [7, 1],
  [17, 1],
  ...[31, 32, 33, 63, 64, 65, 255, 256, 257].map((size): [number, number] => [size, 1]),
].flatMap(([size = 0, times]) => new Array<number>(times ?? 0).fill(size));

const MOST_DIMS = 4;
/** Larger cases are of no other kind, and one of them takes the time of hundreds. */
const MOST_ELEMENTS = 20_000;
/** How finely a number of its own is chosen. */
const STEPS = 1000;

/**
 * Addresses of any case of these families, the ones on no list among them: a choice for each parameter, any shape of a rank that
 * the family lists (or up to rank 4, where it lists several), and a seed. All are allowed by their family.
 *
 * @throws Error where there is no family
 * @example
 * ```ts
 * import * as fc from "fast-check";
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
  return fc
    .record({ shape: shapeOf(shape), ...Object.fromEntries(others), seed: fc.nat() })
    .map(({ seed, ...parameters }): Parameters => (seed === 0 ? parameters : { ...parameters, seed }))
    .filter((parameters) => family.allows(parameters))
    .map((parameters) => family.address(parameters));
}

/** The default half of the time, else another one; shrinks to the default. */
function choiceOf(name: string, [first, ...rest]: readonly Choice[]): fc.Arbitrary<Choice> {
  if (first === undefined) throw new Error(`${name} has no choices`);
  if (rest.length === 0) return fc.constant(first);
  const others = { arbitrary: fc.constantFrom(...rest), weight: 3 };
  const numbers = [first, ...rest].filter((choice) => typeof choice === "number");
  if (!CONTINUOUS.has(name) || numbers.length === 0) {
    return fc.oneof({ withCrossShrink: true }, { arbitrary: fc.constant(first), weight: 3 }, others);
  }
  const own = { arbitrary: between(Math.min(...numbers), Math.max(...numbers)), weight: 1 };
  return fc.oneof({ withCrossShrink: true }, { arbitrary: fc.constant(first), weight: 4 }, others, own);
}

/** A number between two, both left out, of few digits. */
function between(low: number, high: number): fc.Arbitrary<number> {
  return fc
    .integer({ min: 1, max: STEPS - 1 })
    .map((step) => Number((low + ((high - low) * step) / STEPS).toPrecision(3)));
}

/** Shapes of the ranks that are listed; shrinks to few dims and small ones. A dim is empty only where a listed one is. */
function shapeOf(listed: readonly string[]): fc.Arbitrary<string> {
  const shapes = listed.map(sizes);
  const ranks = shapes.map((shape) => shape.length);
  const [least, most] = [Math.min(...ranks), Math.max(...ranks)];
  const rank = fc.integer({ min: least, max: least === most ? most : MOST_DIMS });
  const dim = fc.noBias(fc.integer({ min: 0, max: SIZES.length - 1 })).map((at) => SIZES[at] ?? 1);
  const mayBeEmpty = (dims: number, at: number): boolean =>
    shapes.some((shape) => shape.length === dims && shape[at] === 0);
  return fc
    .tuple(rank, fc.array(dim, { minLength: MOST_DIMS, maxLength: MOST_DIMS }))
    .map(([dims, drawn]) => drawn.slice(0, dims).map((size, at) => (mayBeEmpty(dims, at) ? size : Math.max(1, size))))
    .filter((shape) => sizeOf(shape) <= MOST_ELEMENTS)
    .map((shape) => shape.join("x"));
}
