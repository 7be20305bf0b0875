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
import type { Awaitable, CaseData, Contestant, Kind, Outcome, Pass, Prepared } from "../contestant.ts";

type HostTensor = Tensor<"f32" | "i32", HostBackend>;
type Results = Readonly<Record<string, Tensor | undefined>>;

/** This library on a backend whose results can be read at once. With `handedOver` each call brings the inputs to the backend. */
export function onHostBackend(
  name: string,
  create: () => Awaitable<HostBackend>,
  { threads = 1, handedOver = false }: { readonly threads?: number; readonly handedOver?: boolean } = {},
): Contestant {
  return {
    name,
    async describe() {
      const backend = await create();
      const { simd } = backend.describe();
      backend.dispose();
      const node = process.versions.node;
      return { backend: backend.name, ...(typeof simd === "string" && { simd }), node, threads };
    },
    async prepare(data) {
      const backend = await create();
      return handedOver ? handingOver(data, backend) : resident(data, backend);
    },
  };
}

/** Inputs are tensors of the backend before the first call. */
function resident(data: CaseData, backend: HostBackend): Prepared {
  const tensors = tensorsOf(data, backend);
  const call = callOf(data.benchCase, tensors);
  return {
    run: (pass) => outcomeOf(data.benchCase, call(pass)),
    dispose() {
      release(tensors);
      backend.dispose();
    },
  };
}

/** Inputs become tensors in each call. */
function handingOver(data: CaseData, backend: HostBackend): Prepared {
  return {
    run(pass) {
      const tensors = tensorsOf(data, backend);
      const outcome = outcomeOf(data.benchCase, callOf(data.benchCase, tensors)(pass));
      return {
        ...outcome,
        release() {
          outcome.release();
          release(tensors);
        },
      };
    },
    dispose: () => backend.dispose(),
  };
}

function tensorsOf({ inputs }: CaseData, backend: HostBackend): ReadonlyMap<string, HostTensor> {
  const entries = Object.entries(inputs).map(([name, { values, shape }]): [string, HostTensor] => [
    name,
    tensor(values, shape, { backend }),
  ]);
  return new Map(entries);
}

function release(tensors: ReadonlyMap<string, HostTensor>): void {
  for (const each of tensors.values()) each.dispose();
}

function callOf({ id, kind }: BenchCase, tensors: ReadonlyMap<string, HostTensor>): (pass: Pass) => Results {
  return CALLS[kind]((name) => {
    const found = tensors.get(name);
    if (found === undefined) throw new RangeError(`${id} has no input ${name}`);
    return found;
  });
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
    outputs: () => Object.fromEntries(tensors.map(([name, result]) => [name, result.view().slice() as Float32Array])),
    release() {
      for (const [, result] of tensors) result.dispose();
    },
  };
}
