import type { DType } from "@surprisal/core";
import type { Evaluation } from "./compute.ts";

/** What `surprisal eval --json` writes. Fields are added within a version, never changed or taken away. */
export interface EvalReport extends Omit<Evaluation, "milliseconds"> {
  readonly version: 1;
  readonly command: "eval";
  readonly logits: {
    readonly file: string;
    readonly shape: readonly number[];
    readonly dtype: DType;
    readonly classDim: number;
  };
  readonly targets: {
    readonly file: string;
    readonly shape: readonly number[];
    readonly dtype: DType;
    readonly kind: "indices" | "probabilities";
  };
  readonly reduction: "mean" | "sum" | "none";
  readonly backend: {
    readonly name: string;
    readonly passedOver: readonly { readonly name: string; readonly reason: string }[];
  };
  readonly milliseconds: { readonly read: number; readonly loss: number };
}
