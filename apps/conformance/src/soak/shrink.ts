import * as fc from "fast-check";

/**
 * What `drawn` draws, shrunk by trying everything that is `simpler` than what failed, in that order. fast-check's own shrinking
 * takes what passed once to pass always; here every change of the address changes the numbers of the case, so that what
 * passed beside one parameter may fail beside another.
 */
export function shrinkingTo<T>(drawn: fc.Arbitrary<T>, simpler: (value: T) => Iterable<T>): fc.Arbitrary<T> {
  return new Shrinking(drawn, simpler);
}

class Shrinking<T> extends fc.Arbitrary<T> {
  readonly #drawn: fc.Arbitrary<T>;
  readonly #simpler: (value: T) => Iterable<T>;

  constructor(drawn: fc.Arbitrary<T>, simpler: (value: T) => Iterable<T>) {
    super();
    this.#drawn = drawn;
    this.#simpler = simpler;
  }

  override generate(random: fc.Random, biasFactor: number | undefined): fc.Value<T> {
    return new fc.Value(this.#drawn.generate(random, biasFactor).value, undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is T {
    return this.#drawn.canShrinkWithoutContext(value);
  }

  override shrink(value: T): fc.Stream<fc.Value<T>> {
    const simpler = this.#simpler;
    return fc.stream(
      (function* () {
        for (const each of simpler(value)) yield new fc.Value(each, undefined);
      })(),
    );
  }
}
