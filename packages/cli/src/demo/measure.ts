import {
  type Backend,
  crossEntropy,
  crossEntropyWithGrad,
  type LossWithGrad,
  oneHot,
  type Tensor,
} from "@surprisal/core";
import { bestOf, type Timed } from "./timing.ts";
import { CLASSES, RUNS, type Volume } from "./volume.ts";

/** The volume's mean loss on one backend, each way with its time. */
export interface Measured {
  readonly indices: Timed<number>;
  readonly probabilities: Timed<number>;
  /** Class indices, loss and gradient. */
  readonly withGrad: Timed<number>;
}

/** Copies the volume to a backend and measures there; the copying and the one-hot encoding are not timed. */
export async function measure(backend: Backend, volume: Volume): Promise<Measured> {
  using logits = await volume.logits.to(backend);
  using target = await volume.target.to(backend);
  using hot = oneHot(target, { classes: CLASSES, dtype: "f32" });
  const probabilities = hot.permute(0, 4, 1, 2, 3);
  return {
    indices: await bestOf(RUNS, () => take(crossEntropy(logits, target))),
    probabilities: await bestOf(RUNS, () => take(crossEntropy(logits, probabilities))),
    withGrad: await bestOf(RUNS, () => takeWithGrad(crossEntropyWithGrad(logits, target))),
  };
}

async function take(loss: Tensor): Promise<number> {
  using owned = loss;
  return await owned.item();
}

async function takeWithGrad({ loss, grad }: LossWithGrad): Promise<number> {
  try {
    return await take(loss);
  } finally {
    grad.dispose();
  }
}
