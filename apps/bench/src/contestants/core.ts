import {
  binaryCrossEntropyWithLogits,
  binaryCrossEntropyWithLogitsWithGrad,
  crossEntropy,
  crossEntropyWithGrad,
  type HostBackend,
  linearCrossEntropy,
  linearCrossEntropyWithGrad,
  softmax,
  softmaxGrad,
  type Tensor,
  tensor,
} from "@surprisal/core";
import type { BenchCase } from "../cases.ts";
import type { CaseData, Contestant, Kind, Outcome, Pass, Prepared } from "../contestant.ts";

type HostTensor = Tensor<"f32" | "i32", HostBackend>;
type Results = Readonly<Record<string, Tensor | undefined>>;

/** This library on a backend whose results can be read at once. */
export function onHostBackend(name: string, create: () => HostBackend): Contestant {
  return {
    name,
    describe: () => ({ backend: name, node: process.versions.node, threads: 1 }),
    prepare: (data) => prepare(data, create()),
  };
}

function prepare({ benchCase, inputs }: CaseData, backend: HostBackend): Prepared {
  const entries = Object.entries(inputs).map(([name, { values, shape }]): [string, HostTensor] => [
    name,
    tensor(values, shape, { backend }),
  ]);
  const tensors = new Map(entries);
  const given = (name: string): HostTensor => {
    const found = tensors.get(name);
    if (found === undefined) throw new RangeError(`${benchCase.id} has no input ${name}`);
    return found;
  };
  const call = CALLS[benchCase.kind](given);
  return {
    run: (pass) => outcomeOf(benchCase, call(pass)),
    dispose() {
      for (const each of tensors.values()) each.dispose();
    },
  };
}

type Calls = (given: (name: string) => HostTensor) => (pass: Pass) => Results;

const CALLS: Readonly<Record<Kind, Calls>> = {
  "cross-entropy"(given) {
    const [logits, target] = [given("logits"), given("target")];
    return (pass) => {
      if (pass === "forward") return { loss: crossEntropy(logits, target) };
      const { loss, grad } = crossEntropyWithGrad(logits, target);
      return { loss, gradLogits: grad };
    };
  },
  binary(given) {
    const [logits, target] = [given("logits"), given("target")];
    return (pass) => {
      if (pass === "forward") return { loss: binaryCrossEntropyWithLogits(logits, target) };
      const { loss, grad } = binaryCrossEntropyWithLogitsWithGrad(logits, target);
      return { loss, gradLogits: grad };
    };
  },
  softmax(given) {
    const [input, upstream] = [given("input"), given("upstream")];
    return (pass) => {
      const output = softmax(input);
      return pass === "forward" ? { output } : { output, gradInput: softmaxGrad(input, upstream) };
    };
  },
  linear(given) {
    const [hidden, weight, target] = [given("hidden"), given("weight"), given("target")];
    return (pass) => {
      if (pass === "forward") return { loss: linearCrossEntropy(hidden, weight, target) };
      const { loss, gradHidden, gradWeight } = linearCrossEntropyWithGrad(hidden, weight, target);
      return { loss, gradHidden, gradWeight };
    };
  },
};

function outcomeOf({ kind }: BenchCase, results: Results): Outcome {
  const tensors = Object.entries(results).flatMap(([name, result]): [string, HostTensor][] =>
    result === undefined ? [] : [[name, result as HostTensor]],
  );
  const read = (kind === "softmax" ? results["output"] : results["loss"]) as HostTensor;
  return {
    used: read.view()[0] ?? Number.NaN,
    outputs: () => Object.fromEntries(tensors.map(([name, result]) => [name, result.view() as Float32Array])),
    release() {
      for (const [, result] of tensors) result.dispose();
    },
  };
}
