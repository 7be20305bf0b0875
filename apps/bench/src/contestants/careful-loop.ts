import { geometryOf, type Pass } from "../cases.ts";
import type { Contestant, Outcome, Prepared } from "../contestant.ts";
import type { CaseData } from "../data.ts";
import { meanOfRows, meanOfStridedIndices, meanOfStridedProbabilities } from "./loops.ts";

/** What a careful programmer writes without a library. It is also what every other result is checked against. */
export const carefulLoop: Contestant = { name: "careful loop", prepare };

function prepare({ benchCase, logits, target }: CaseData): Prepared {
  const geometry = geometryOf(benchCase);

  function mean(gradient: Float32Array | undefined): number {
    if (target.kind === "probabilities") {
      return meanOfStridedProbabilities({ logits, geometry, gradient }, target.values);
    }
    const loop = geometry.inner === 1 ? meanOfRows : meanOfStridedIndices;
    return loop({ logits, geometry, gradient }, target.values);
  }

  return {
    run(pass: Pass): Outcome {
      const gradient = pass === "gradient" ? new Float32Array(logits.length) : undefined;
      return { loss: mean(gradient), gradient: () => gradient, release: () => undefined };
    },
    dispose: () => undefined,
  };
}
