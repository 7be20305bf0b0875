import {
  type Backend,
  binaryCrossEntropyWithLogits,
  binaryCrossEntropyWithLogitsWithGrad,
  crossEntropy,
  crossEntropyWithGrad,
  linearCrossEntropy,
  type LinearCrossEntropyOptions,
  linearCrossEntropyWithGrad,
  softmax,
  softmaxGrad,
  type Tensor,
  tensor,
} from "@surprisal/core";
import type { BenchCase } from "../cases.ts";
import type { CaseData, Kind, Pass } from "../contestant.ts";

// What is called in each case and pass, on a backend of whatever kind.

/** A tensor of a case. */
export type CaseTensor<B extends Backend> = Tensor<"f32" | "i32", B>;

/** A case's inputs, by name. */
export type Inputs<B extends Backend> = ReadonlyMap<string, CaseTensor<B>>;

/** A pass's outputs, by name. */
export type Results<B extends Backend> = Readonly<Record<string, CaseTensor<B>>>;

/** A case's inputs as tensors of a backend. */
export function tensorsOf<B extends Backend>({ inputs }: CaseData, backend: B): Inputs<B> {
  const entries = Object.entries(inputs).map(([name, { values, shape }]): [string, CaseTensor<B>] => [
    name,
    tensor(values, shape, { backend }),
  ]);
  return new Map(entries);
}

/** What is not left to defaults. */
export type CallOptions = Pick<LinearCrossEntropyOptions, "maxBytes">;

/** Frees tensors. */
export function release<B extends Backend>(tensors: Iterable<CaseTensor<B>>): void {
  for (const each of tensors) each.dispose();
}

/** What one call of a case is. */
export function callOf<B extends Backend>(
  { id, kind }: BenchCase,
  tensors: Inputs<B>,
  options: CallOptions = {},
): (pass: Pass) => Results<B> {
  const call = CALLS[kind]((name) => {
    const found = tensors.get(name);
    if (found === undefined) throw new RangeError(`${id} has no input ${name}`);
    return found;
  }, options);
  return (pass) => call(pass) as Results<B>; // results are on the backend of the inputs
}

/** The result of which one number is read. */
export function readOf<B extends Backend>({ kind }: BenchCase, results: Results<B>): CaseTensor<B> {
  return (kind === "softmax" ? results["output"] : results["loss"]) as CaseTensor<B>;
}

type Call = (pass: Pass) => Readonly<Record<string, Tensor>>;

const CALLS: Readonly<Record<Kind, (given: (name: string) => Tensor, options: CallOptions) => Call>> = {
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
  linear(given, options) {
    const [hidden, weight, target] = [given("hidden"), given("weight"), given("target")];
    return (pass) => {
      if (pass === "forward") return { loss: linearCrossEntropy(hidden, weight, target, options) };
      const { loss, gradHidden, gradWeight } = linearCrossEntropyWithGrad(hidden, weight, target, options);
      return { loss, gradHidden, gradWeight };
    };
  },
};
