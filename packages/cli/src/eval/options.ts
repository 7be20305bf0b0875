import type { CrossEntropyOptions } from "@surprisal/core";

/** Options of `crossEntropy` that are numbers or words; weights come as files. */
export type LossOptions = Omit<CrossEntropyOptions, "weight" | "rowWeight">;

/** The options of `surprisal eval` as they were given. */
export interface EvalOptions extends LossOptions {
  readonly reduction: "mean" | "sum" | "none";
  readonly weight?: string;
  readonly rowWeight?: string;
  readonly classDim?: number;
  readonly backend: string;
  readonly json?: boolean;
}

/** The files of one evaluation, by what they are for. */
export interface EvalFiles {
  readonly logits: string;
  readonly targets: string;
  readonly weight: string | undefined;
  readonly rowWeight: string | undefined;
}

/** Only what `crossEntropy` knows, and only what was given. */
export function lossOptions(options: EvalOptions): LossOptions {
  const {
    weight: _weight,
    rowWeight: _rowWeight,
    classDim: _classDim,
    backend: _backend,
    json: _json,
    ...loss
  } = options;
  return loss;
}
