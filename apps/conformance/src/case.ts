import type { DType } from "@surprisal/core";
import type { Problem } from "./problem.ts";

/** One thing to try: what to call, and where it is known, what PyTorch answered. */
export interface Case {
  /** Names the case and is all that is needed to make it again. */
  readonly address: string;
  readonly operation: string;
  /** For the report: the dtype of the inputs. */
  readonly dtype: DType;
  /** Made when it is needed; always the same. */
  readonly problem: () => Problem;
  /** Real PyTorch's answer to it. */
  readonly peer?: Peer;
}

/** What PyTorch answers. */
export interface Peer {
  /** PyTorch refuses, and so must we. */
  readonly refuses?: boolean;
  /** Its outputs by name, in the dtype of the case. */
  readonly outputs?: Readonly<Record<string, PeerOutput>>;
  /** Outputs in which NaN and infinities may differ from PyTorch's: the default policy in a declared corner. */
  readonly departs?: (output: string) => boolean;
}

/** One output of PyTorch. */
export interface PeerOutput {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}
