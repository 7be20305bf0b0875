import type { CrossEntropyOptions } from "@surprisal/core";
import type { Format } from "../readers/formats.ts";
import type { Gates } from "../report/gates.ts";
import type { Shard } from "../state/state.ts";

/** Options of `crossEntropy` that are numbers or words; weights come as files. */
export type LossOptions = Omit<CrossEntropyOptions, "weight" | "rowWeight">;

/** The options of `surprisal eval` as they were given. */
export interface EvalOptions extends LossOptions, Gates {
  readonly reduction: "mean" | "sum" | "none";
  readonly weight?: string;
  readonly rowWeight?: string;
  readonly posWeight?: number;
  readonly classDim?: number;
  /** What in the first file holds the logits. */
  readonly logits?: string;
  /** What in the second file, or in the only one, holds the targets. */
  readonly target?: string;
  readonly format?: Format;
  readonly targetFormat?: Format;
  readonly binary?: boolean;
  readonly fromProbabilities?: boolean;
  readonly backend: string;
  /** The part of the evaluation to do; the whole without. */
  readonly shard?: Shard;
  /** File that remembers what was found. */
  readonly state?: string;
  /** Go on from an unfinished state. */
  readonly resume?: boolean;
  /** k of the top-k accuracies. */
  readonly topK?: readonly number[];
  /** Bytes of the text, for bits per byte. */
  readonly bytes?: number;
  /** File for the page. */
  readonly report?: string;
  readonly json?: boolean;
}

/** The files of one evaluation, by what they are for. */
export interface EvalFiles {
  readonly logits: string;
  /** Undefined: in the file of the logits. */
  readonly targets: string | undefined;
  readonly weight: string | undefined;
  readonly rowWeight: string | undefined;
}

/** Only what `crossEntropy` knows, and only what was given. */
export function lossOptions(options: EvalOptions): LossOptions {
  const { reduction, ignoreIndex, labelSmoothing, logitScale, softcap, zLoss, normalizer, onEmpty, compat } = options;
  const given = { ignoreIndex, labelSmoothing, logitScale, softcap, zLoss, normalizer, onEmpty, compat };
  return { reduction, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

/** An option by its name on the command line, without the dashes: `label-smoothing`. */
export function flagOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
