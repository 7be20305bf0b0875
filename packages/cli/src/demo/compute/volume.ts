import { type DType, type HostBackend, logSoftmax, oneHot, type Tensor } from "@surprisal/core";
import { check, type Check, lossBound } from "../check.ts";
import { composedRowLosses, sum } from "../compose.ts";
import type { Measured } from "../measure.ts";
import { bestOf, type Timed } from "../timing.ts";
import { CLASSES, RUNS, type Volume } from "../volume.ts";

/** A tensor of the section, by the expression that makes it. */
export interface Made {
  readonly expression: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** A volume of voxels, each with a distribution over the classes. */
export interface VolumeSection {
  readonly kind: "volume";
  readonly tensors: readonly Made[];
  /** Whether the permuted one-hot labels lie in the same memory as before. */
  readonly permutedIsView: boolean;
  readonly rows: number;
  /** From logits and target on, the one-hot encoding included. */
  readonly composed: Timed<number>;
  readonly indices: Timed<number>;
  readonly probabilities: Timed<number>;
  readonly checks: readonly Check[];
}

/** Section 5; `host` are the figures of the backend that holds the volume. */
export async function computeVolume(volume: Volume, { indices, probabilities }: Measured): Promise<VolumeSection> {
  const { logits, target } = volume;
  using hot = oneHot(target, { dtype: "f32" });
  const permuted = hot.permute(0, 4, 1, 2, 3);
  const composed = await bestOf(RUNS, () => composedMean(logits, target));
  const bound = lossBound({ classes: CLASSES, spread: 1 });
  return {
    kind: "volume",
    tensors: [
      made("logits = rand(shape)", logits),
      made(`target = randint(0, ${CLASSES}, shape)`, target),
      made('hot = oneHot(target, { dtype: "f32" })', hot),
      made("probabilities = hot.permute(0, 4, 1, 2, 3)", permuted),
    ],
    permutedIsView: permuted.buffer === hot.buffer,
    rows: target.size,
    composed,
    indices,
    probabilities,
    checks: [
      check("volume: composed and built-in loss, class indices", composed.value, indices.value, bound),
      check("volume: composed and built-in loss, probabilities", composed.value, probabilities.value, bound),
    ],
  };
}

/** `−(oneHot · logSoftmax).sum(class dim).mean()`. */
function composedMean(logits: Tensor<DType, HostBackend>, target: Tensor<DType, HostBackend>): number {
  using hot = oneHot(target, { classes: CLASSES, dtype: "f32" });
  using logProbabilities = logSoftmax(logits, { dim: 1 });
  return sum(composedRowLosses({ logProbabilities, hot })) / target.size;
}

function made(expression: string, { shape, dtype }: Tensor): Made {
  return { expression, shape, dtype };
}
