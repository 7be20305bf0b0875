import type { Backend } from "@surprisal/core";
import type { InputBlock } from "../eval/blocks.ts";
import { categoricalEvaluator } from "../eval/categorical.ts";
import type { Evaluator } from "../eval/evaluator.ts";
import { logProbabilities } from "../eval/log-probabilities.ts";
import { numbersOf } from "../eval/numbers.ts";
import type { PairBlock } from "./comparison.ts";
import { divergences } from "./divergences.ts";
import type { Side, Sides } from "./sides.ts";

/** Computes what there is to know of the rows of two blocks. */
export class PairEvaluator {
  readonly #sides: Sides;
  readonly #evaluators: { readonly a: Evaluator; readonly b: Evaluator };
  readonly #backend: Backend;
  readonly #fromProbabilities: boolean;

  constructor({ a, b }: Sides, { backend, fromProbabilities }: { backend: Backend; fromProbabilities: boolean }) {
    this.#sides = { a, b };
    this.#evaluators = { a: categoricalEvaluator(a.plan, backend), b: categoricalEvaluator(b.plan, backend) };
    this.#backend = backend;
    this.#fromProbabilities = fromProbabilities;
  }

  async evaluate(blockA: InputBlock, blockB: InputBlock): Promise<PairBlock> {
    const [valuesA, valuesB] = [await this.#logits(blockA, this.#sides.a), await this.#logits(blockB, this.#sides.b)];
    const { shape } = blockA;
    return {
      a: await this.#evaluators.a.evaluate({ ...blockA, logits: valuesA }),
      b: await this.#evaluators.b.evaluate({ ...blockB, logits: valuesB }),
      divergence: await divergences({ values: valuesA, shape }, { values: valuesB, shape }, this.#backend),
    };
  }

  async #logits(block: InputBlock, { inputs, dtype }: Side): Promise<Float64Array> {
    const values = await numbersOf(block.logits, dtype);
    if (!this.#fromProbabilities) return values;
    const { logits } = await logProbabilities({ ...block, logits: values }, "f64", inputs.logits.name);
    return logits as Float64Array;
  }
}
