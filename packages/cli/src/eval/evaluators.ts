import { type Backend, isSurprisalError } from "@surprisal/core";
import { type BackendEntry, chooseBackend, type Chosen } from "../backends.ts";
import type { RowBlock } from "../metrics/row-block.ts";
import type { Elements } from "../readers/array-reader.ts";
import { binaryEvaluator } from "./binary.ts";
import type { InputBlock } from "./blocks.ts";
import { categoricalEvaluator } from "./categorical.ts";
import type { EvaluationPlan, Evaluator } from "./evaluator.ts";

/** The backend that was asked for. `auto` goes on to the next where one refuses the first block, as a GPU refuses f64. */
export class Evaluators implements Disposable {
  #entries: readonly BackendEntry[];
  readonly #wanted: string;
  readonly #plan: EvaluationPlan;
  #evaluator: Evaluator | undefined;
  #passedOver: Chosen["passedOver"] = [];
  /** Whether it has computed something: then there is no other backend. */
  #settled = false;

  constructor(entries: readonly BackendEntry[], wanted: string, plan: EvaluationPlan) {
    this.#entries = entries;
    this.#wanted = wanted;
    this.#plan = plan;
  }

  async evaluate(block: InputBlock): Promise<RowBlock> {
    const evaluator = (this.#evaluator ??= await this.#choose());
    try {
      const rows = await evaluator.evaluate(block);
      this.#settled = true;
      return rows;
    } catch (error) {
      if (this.#wanted !== "auto" || this.#entries.length === 0 || this.#settled || !isRefusal(error)) throw error;
      this[Symbol.dispose]();
      this.#passedOver = [...this.#passedOver, { name: evaluator.backend.name, reason: error.message }];
      return this.evaluate(block);
    }
  }

  /** As the evaluator's own, once it is known which one computes. */
  lend(length: number): Elements | undefined {
    return this.#settled ? this.#evaluator?.lend?.(length) : undefined;
  }

  /** Finds the backend with a block that is computed for that alone. @returns its name */
  async settle(trial: InputBlock): Promise<string> {
    await this.evaluate(trial);
    return (await this.chosen()).backend.name;
  }

  /** The backend that computed, also where there was nothing to compute. */
  async chosen(): Promise<Chosen> {
    this.#evaluator ??= await this.#choose();
    return { backend: this.#evaluator.backend, passedOver: this.#passedOver };
  }

  [Symbol.dispose](): void {
    this.#evaluator?.dispose();
    this.#evaluator = undefined;
  }

  async #choose(): Promise<Evaluator> {
    const { backend, passedOver } = await chooseBackend(this.#wanted, this.#entries);
    this.#entries = this.#entries.slice(passedOver.length + 1);
    this.#passedOver = [...this.#passedOver, ...passedOver];
    return evaluatorOn(this.#plan, backend);
  }
}

function evaluatorOn(plan: EvaluationPlan, backend: Backend): Evaluator {
  return plan.geometry.kind === "binary" ? binaryEvaluator(plan, backend) : categoricalEvaluator(plan, backend);
}

function isRefusal(error: unknown): error is Error {
  return isSurprisalError(error) && error.code === "backend-refused";
}
