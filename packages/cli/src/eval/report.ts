import type { DType } from "@surprisal/core";
import type { MetricsResult } from "../metrics/metrics.ts";
import type { ReaderShape } from "../readers/array-reader.ts";
import type { TargetKind } from "./geometry.ts";

/** What `surprisal eval --json` writes. Fields are added within a version, never changed or taken away. */
export interface EvalReport {
  readonly version: 1;
  readonly command: "eval";
  readonly logits: {
    readonly file: string;
    readonly shape: readonly number[];
    readonly dtype: DType;
    /** Not there for binary losses. */
    readonly classDim?: number | undefined;
    /** Whether they were probabilities. */
    readonly probabilities: boolean;
  };
  readonly targets: {
    readonly file: string;
    readonly shape: readonly number[];
    readonly dtype: DType;
    readonly kind: TargetKind;
  };
  readonly reduction: "mean" | "sum" | "none";
  /** In nats: a number, or for reduction `"none"` one per row. */
  readonly loss: number | readonly number[];
  readonly lossBits: number | readonly number[];
  /** `exp` of the mean loss, whatever the reduction. */
  readonly perplexity: number;
  readonly rows: number;
  /** Rows that count: neither ignored nor of row weight 0. */
  readonly keptRows: number;
  /** Kept rows whose target is the most probable class. */
  readonly correct: number;
  /** `correct / keptRows`. */
  readonly accuracy: number;
  /** Only where the bytes of the text were given. */
  readonly bitsPerByte?: number;
  /** Everything else that was found. */
  readonly metrics: MetricsResult;
  readonly backend: {
    readonly name: string;
    readonly passedOver: readonly { readonly name: string; readonly reason: string }[];
  };
  readonly milliseconds: { readonly read: number; readonly loss: number };
}

/** A shape whose first size is known now that all elements were read. */
export function finalShape(shape: ReaderShape, elements: number): readonly number[] {
  const [first, ...rest] = shape;
  if (shape.length === 0 || first !== undefined) return shape as readonly number[];
  return [elements / rest.reduce((product, size) => product * size, 1), ...rest];
}
