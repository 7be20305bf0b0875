import { crossEntropy, crossEntropyWithGrad, type DType, type HostBackend, type Tensor, tensor } from "@surprisal/core";
import type { Awaitable, CaseData, Contestant, Outcome, Prepared } from "../contestant.ts";
import { integers } from "./inputs.ts";

// Linear cross entropy in two steps: logits are made and held, and `crossEntropyWithGrad` turns them into their gradient, which two more
// products carry back. This library has no matrix product, so a backend's is another's.

/** The products of a case's matrices, held where they are multiplied. Numbers are those of dense matrices. */
export interface Products {
  /** hidden · weightᵀ, `[N, V]`. */
  logits(): Awaitable<Float32Array<ArrayBuffer>>;
  /** The gradients of hidden and weight, of that of the logits. */
  gradients(gradLogits: Float32Array): Awaitable<LinearGradients>;
  dispose(): void;
}

/** Where the multiplied are, until they are read. */
export interface LinearGradients {
  read(): Awaitable<{ readonly gradHidden: Float32Array; readonly gradWeight: Float32Array }>;
  release(): void;
}

/** What multiplies, what computes the loss, and what both are called. */
export interface Steps {
  readonly facts: Readonly<Record<string, string | number>>;
  readonly multiply: (data: CaseData) => Awaitable<Products>;
  readonly create: () => Awaitable<HostBackend>;
}

/** A backend of ours behind a product. */
export function twoSteps(name: string, { facts, multiply, create }: Steps): Contestant {
  return {
    name,
    describe: () => facts,
    prepare: async (data) => prepare(data, await multiply(data), await create()),
  };
}

function prepare(data: CaseData, products: Products, backend: HostBackend): Prepared {
  const { shape, weightShape = [] } = data.benchCase;
  const logitsShape = [shape[0] ?? 1, weightShape[0] ?? 1];
  const target = tensor(integers(data, "target"), [shape[0] ?? 1], { backend });
  return {
    async run(pass) {
      const logits = tensor(await products.logits(), logitsShape, { backend });
      return pass === "forward" ? forward(logits, target) : withGradients(logits, target, products);
    },
    dispose() {
      target.dispose();
      products.dispose();
      backend.dispose();
    },
  };
}

type Numbers = Tensor<DType, HostBackend>;

function forward(logits: Numbers, target: Numbers): Outcome {
  const loss = crossEntropy(logits, target);
  logits.dispose();
  return {
    used: loss.view()[0] ?? Number.NaN,
    outputs: () => ({ loss: loss.view().slice() as Float32Array }),
    release: () => loss.dispose(),
  };
}

/** The logits' gradient takes their place. */
async function withGradients(logits: Numbers, target: Numbers, products: Products): Promise<Outcome> {
  const { loss, grad } = crossEntropyWithGrad(logits, target, { into: "logits" });
  const gradients = await products.gradients(grad.view() as Float32Array);
  logits.dispose();
  return {
    used: loss.view()[0] ?? Number.NaN,
    outputs: async () => ({ loss: loss.view().slice() as Float32Array, ...(await gradients.read()) }),
    release() {
      loss.dispose();
      gradients.release();
    },
  };
}
