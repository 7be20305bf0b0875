import { cpu, crossEntropy, crossEntropyWithGrad, tensor } from "@surprisal/core";
import type { Pass } from "../cases.ts";
import type { Contestant, Outcome, Prepared } from "../contestant.ts";
import type { CaseData } from "../data.ts";

/** This library on its cpu backend; class indices as i64. */
export const coreCpu: Contestant = { name: "cpu", prepare };

function prepare({ benchCase, logits: values, target: { kind, shape, values: targets } }: CaseData): Prepared {
  const backend = cpu();
  const logits = tensor(values, benchCase.shape, { backend });
  const target = tensor(targets, shape, { backend, dtype: kind === "indices" ? "i64" : "f32" });

  function forward(): Outcome {
    const loss = crossEntropy(logits, target);
    return { loss: loss.view()[0] ?? Number.NaN, gradient: () => undefined, release: () => loss.dispose() };
  }

  function gradient(): Outcome {
    const { loss, grad } = crossEntropyWithGrad(logits, target);
    return {
      loss: loss.view()[0] ?? Number.NaN,
      gradient: () => grad.view() as Float32Array,
      release() {
        loss.dispose();
        grad.dispose();
      },
    };
  }

  return {
    run: (pass: Pass) => (pass === "forward" ? forward() : gradient()),
    dispose() {
      logits.dispose();
      target.dispose();
    },
  };
}
