import * as core from "@surprisal/core";
import type { Backend, DType, Tensor } from "@surprisal/core";

/** Runs an operation of the library on named inputs, and gives its results by the names that the vectors use. */
export type Operation = (inputs: Inputs, options: Options, backend: Backend) => Readonly<Record<string, Tensor>>;
/** Named tensors; reading one that a case does not have is an error. */
export type Inputs = Readonly<Record<string, Tensor>>;
/** Options by the library's names, tensors among them. */
export type Options = Readonly<Record<string, unknown>>;

function need(inputs: Inputs, name: string): Tensor {
  const input = inputs[name];
  if (input === undefined) throw new Error(`the case has no input "${name}"`);
  return input;
}

/** The inputs that are options of the library's function. */
function tensorOptions(inputs: Inputs, names: readonly string[]): Options {
  return Object.fromEntries(names.flatMap((name) => (inputs[name] === undefined ? [] : [[name, inputs[name]]])));
}

function drop(options: Options, ...names: readonly string[]): Options {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)));
}

type LossWithGrad = (a: Tensor, b: Tensor, options: never) => { loss: Tensor; grad: Tensor };
type Loss = (a: Tensor, b: Tensor, options: never) => Tensor;

/** A loss of two tensors and its `…WithGrad` twin: both must give the same loss. */
function twins(
  loss: Loss,
  twin: LossWithGrad,
  names: readonly [string, string, string],
  extra: readonly string[],
): Operation {
  return (inputs, options) => {
    const [first, second, gradient] = names;
    const all = { ...options, ...tensorOptions(inputs, extra) };
    const { loss: value, grad } = twin(need(inputs, first), need(inputs, second), all as never);
    const alone = loss(need(inputs, first), need(inputs, second), drop(all, "upstream") as never);
    return { loss: value, lossAlone: alone, [gradient]: grad };
  };
}

function softmaxLike(
  forward: (x: Tensor, options: never) => Tensor,
  backward: (x: Tensor, upstream: Tensor, options: never) => Tensor,
): Operation {
  return (inputs, options, backend) => {
    const x = need(inputs, "input");
    const output = forward(x, options as never);
    if (x.dtype === "i64") return { output };
    if (inputs["upstream"] !== undefined) {
      return { output, gradInput: backward(x, inputs["upstream"], options as never) };
    }
    using ones = core.full(output.shape, 1, { dtype: output.dtype, backend });
    return { output, gradInput: backward(x, ones, options as never) };
  };
}

const crossEntropy: Operation = (inputs, options) => {
  const logits = need(inputs, "logits");
  const target = need(inputs, "target");
  const all = { ...options, ...tensorOptions(inputs, ["weight", "rowWeight"]) };
  const dense = ["f32", "f64", "bf16", "f16"].includes(target.dtype);
  const upstream = tensorOptions(inputs, ["upstream"]);
  const lossAlone = core.crossEntropy(logits, target, drop(all, "into")); // before the logits may be written over
  const result = core.crossEntropyWithGrad(logits, target, { ...all, ...upstream, targetGrad: dense });
  return {
    loss: result.loss,
    lossAlone,
    gradLogits: result.grad,
    ...(result.targetGrad && { gradTarget: result.targetGrad }),
  };
};

const linearCrossEntropy: Operation = (inputs, options) => {
  const all = { ...options, ...tensorOptions(inputs, ["bias", "classWeight", "rowWeight"]) };
  const [hidden, weight, target] = [need(inputs, "hidden"), need(inputs, "weight"), need(inputs, "target")];
  const result = core.linearCrossEntropyWithGrad(hidden, weight, target, {
    ...all,
    ...tensorOptions(inputs, ["upstream"]),
  });
  const { loss, gradHidden, gradWeight, gradBias } = result;
  const lossAlone = core.linearCrossEntropy(hidden, weight, target, all);
  return { loss, lossAlone, gradHidden, gradWeight, ...(gradBias && { gradBias }) };
};

const crossEntropyStats: Operation = (inputs, options) => {
  const all = { ...options, ...tensorOptions(inputs, ["weight", "rowWeight"]) };
  return { ...core.crossEntropyStats(need(inputs, "logits"), need(inputs, "target"), all) };
};

/** A tensor of random numbers; its shape, and the limits of integers, are options here. */
const random =
  (make: (shape: readonly number[], options: core.RandomOptions<never>, all: Options) => Tensor): Operation =>
  (_inputs, { shape, low, high, ...options }, backend) => ({
    output: make(shape as readonly number[], { ...options, backend }, { low, high }),
  });

const ofDistributions =
  (f: (p: Tensor, q: Tensor, options: object) => Tensor): Operation =>
  (inputs, options) => ({ loss: f(need(inputs, "p"), need(inputs, "q"), options) });

/** Every operation of the library, by its public name. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  crossEntropy,
  crossEntropyStats,
  linearCrossEntropy,
  nllLoss: twins(core.nllLoss, core.nllLossWithGrad, ["input", "target", "gradInput"], ["weight", "upstream"]),
  focalLoss: twins(core.focalLoss, core.focalLossWithGrad, ["logits", "target", "gradLogits"], ["weight", "upstream"]),
  sigmoidFocalLoss: twins(
    core.sigmoidFocalLoss,
    core.sigmoidFocalLossWithGrad,
    ["input", "target", "gradInput"],
    ["upstream"],
  ),
  binaryCrossEntropy: twins(
    core.binaryCrossEntropy,
    core.binaryCrossEntropyWithGrad,
    ["input", "target", "gradInput"],
    ["weight", "upstream"],
  ),
  binaryCrossEntropyWithLogits: twins(
    core.binaryCrossEntropyWithLogits,
    core.binaryCrossEntropyWithLogitsWithGrad,
    ["input", "target", "gradInput"],
    ["weight", "posWeight", "upstream"],
  ),
  multilabelSoftMarginLoss: twins(
    core.multilabelSoftMarginLoss,
    core.multilabelSoftMarginLossWithGrad,
    ["input", "target", "gradInput"],
    ["weight", "upstream"],
  ),
  klDivergence: twins(core.klDivergence, core.klDivergenceWithGrad, ["input", "target", "gradInput"], ["upstream"]),
  softmax: softmaxLike(core.softmax, core.softmaxGrad),
  logSoftmax: softmaxLike(core.logSoftmax, core.logSoftmaxGrad),
  logSumExp: softmaxLike(core.logSumExp, core.logSumExpGrad),
  oneHot: (inputs, options) => ({ output: core.oneHot(need(inputs, "indices"), options) }),
  entropy: (inputs, options) => ({ loss: core.entropy(need(inputs, "p"), options) }),
  distributionCrossEntropy: ofDistributions(core.distributionCrossEntropy),
  distributionKlDivergence: ofDistributions(core.distributionKlDivergence),
  perplexity: (inputs, options) => ({
    loss: core.perplexity(need(inputs, "logits"), need(inputs, "target"), {
      ...options,
      ...tensorOptions(inputs, ["weight", "rowWeight"]),
    }),
  }),
  cast: (inputs, options) => ({ output: need(inputs, "input").cast(options["dtype"] as DType) }),
  rand: random((shape, options) => core.rand(shape, options)),
  randn: random((shape, options) => core.randn(shape, options)),
  randint: random((shape, options, { low, high }) => core.randint(Number(low), Number(high), shape, options)),
};
