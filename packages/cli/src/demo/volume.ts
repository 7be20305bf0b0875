import { type DType, type HostBackend, rand, randint, type Tensor } from "@surprisal/core";

/** Classes of the volume. */
export const CLASSES = 4;

/** Each time is the best of this many runs. */
export const RUNS = 3;

// Two seeds: labels drawn from the stream of the logits would depend on them.
const LOGITS_SEED = 0;
const TARGETS_SEED = 1;

/** Random logits and labels of a volume, the same on every machine. */
export interface Volume {
  /** `[1, CLASSES, side, side, side]`, uniform in [0, 1). */
  readonly logits: Tensor<DType, HostBackend>;
  /** `[1, side, side, side]`, uniform. */
  readonly target: Tensor<DType, HostBackend>;
}

/** A volume of `side`³ voxels. */
export function makeVolume(side: number): Volume {
  return {
    logits: rand([1, CLASSES, side, side, side], { seed: LOGITS_SEED }),
    target: randint(0, CLASSES, [1, side, side, side], { seed: TARGETS_SEED }),
  };
}
