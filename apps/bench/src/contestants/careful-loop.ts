import { geometryOf } from "../cases.ts";
import type { CaseData, Contestant, Outcome, Pass, Prepared } from "../contestant.ts";
import { floats, integers } from "./inputs.ts";
import { meanBinary, softmaxOfRows } from "./loops-others.ts";
import { meanOfRows, meanOfStridedIndices, meanOfStridedProbabilities } from "./loops.ts";

/** What a careful programmer writes without a library. It is also what every other result is checked against. */
export const carefulLoop: Contestant = {
  name: "careful loop",
  describe: () => ({ language: "plain TypeScript", node: process.versions.node, threads: 1 }),
  refuses: ({ kind }) =>
    kind === "linear" ? "a plain loop over 17 · 10⁹ products takes 15 s a call, where nobody would use one" : undefined,
  prepare,
};

function prepare(data: CaseData): Prepared {
  const run = data.benchCase.kind === "softmax" ? softmaxCall(data) : lossCall(data);
  return { run, dispose: () => undefined };
}

/** A mean loss as a function of where its gradient goes, if it is wanted. */
type Mean = (gradient: Float32Array | undefined) => number;

function lossCall(data: CaseData): (pass: Pass) => Outcome {
  const { length } = floats(data, "logits");
  const mean = meanOf(data);
  return (pass) => {
    const gradLogits = pass === "gradient" ? new Float32Array(length) : undefined;
    const used = mean(gradLogits);
    const loss = Float32Array.of(used);
    return {
      used,
      outputs: () => (gradLogits === undefined ? { loss } : { loss, gradLogits }),
      release: () => undefined,
    };
  };
}

function meanOf(data: CaseData): Mean {
  const { kind, target } = data.benchCase;
  const logits = floats(data, "logits");
  if (kind === "binary") return (gradient) => meanBinary(logits, floats(data, "target"), gradient);
  const geometry = geometryOf(data.benchCase);
  if (target === "probabilities") {
    const probabilities = floats(data, "target");
    return (gradient) => meanOfStridedProbabilities({ logits, geometry, gradient }, probabilities);
  }
  const classes = integers(data, "target");
  const loop = geometry.inner === 1 ? meanOfRows : meanOfStridedIndices;
  return (gradient) => loop({ logits, geometry, gradient }, classes);
}

function softmaxCall(data: CaseData): (pass: Pass) => Outcome {
  const [input, upstream] = [floats(data, "input"), floats(data, "upstream")];
  const { classes } = geometryOf(data.benchCase);
  return (pass) => {
    const output = new Float32Array(input.length);
    const gradInput = pass === "gradient" ? new Float32Array(input.length) : undefined;
    softmaxOfRows({ input, upstream, classes, output, gradInput });
    return {
      used: output[0] ?? Number.NaN,
      outputs: () => (gradInput === undefined ? { output } : { output, gradInput }),
      release: () => undefined,
    };
  };
}
