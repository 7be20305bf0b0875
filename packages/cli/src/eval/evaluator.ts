import type { Backend, DType } from "@surprisal/core";
import type { RowBlock } from "../metrics/row-block.ts";
import type { Elements } from "../readers/array-reader.ts";
import type { InputBlock } from "./blocks.ts";
import type { Geometry } from "./geometry.ts";
import type { LossOptions } from "./options.ts";

/** What every block of an evaluation is computed with. */
export interface EvaluationPlan {
  readonly geometry: Geometry;
  readonly loss: LossOptions;
  /** One per class. */
  readonly weight: Float64Array | undefined;
  readonly fromProbabilities: boolean;
  /** Of binary losses. */
  readonly posWeight: number | undefined;
  readonly dtypes: Record<"logits" | "targets" | "rowWeight", DType>;
  /** For messages. */
  readonly names: Readonly<Record<"logits" | "targets", string>>;
}

/** Computes what there is to know of the rows of a block. */
export interface Evaluator {
  readonly backend: Backend;
  evaluate(block: InputBlock): Promise<RowBlock>;
  /**
   * Memory of the backend for so many logits, which need not be copied to it from there; undefined where it cannot be seen, or may
   * move. Good until the evaluator is disposed.
   */
  lend?(length: number): Elements | undefined;
  dispose(): void;
}
