import type { BenchCase } from "./cases.ts";

/**
 * Everything that `pnpm bench --webgpu` measures: shapes that an adapter in software gets done in a second, and that
 * every adapter has room for; and one whose logits it has no room for.
 */
export const WEBGPU_CASES: readonly BenchCase[] = [
  {
    id: "page-volume",
    kind: "cross-entropy",
    shape: [1, 4, 64, 64, 64],
    target: "indices",
    calls: 1,
    about: "segmentation of a volume into 4 classes; a class lies 262,144 elements from the next",
  },
  {
    id: "page-lm",
    kind: "cross-entropy",
    shape: [64, 32_000],
    target: "indices",
    calls: 1,
    about: "64 tokens of a language model with a vocabulary of 32,000",
  },
  {
    id: "page-imagenet",
    kind: "cross-entropy",
    shape: [1024, 1000],
    target: "indices",
    calls: 1,
    about: "a batch of pictures of 1,000 classes",
  },
  {
    id: "page-short",
    kind: "cross-entropy",
    shape: [4096, 64],
    target: "indices",
    calls: 1,
    about: "many short rows",
  },
  {
    id: "page-binary",
    kind: "binary",
    shape: [2 ** 20],
    target: "probabilities",
    calls: 1,
    about: "binary cross entropy with logits of 1,048,576 elements",
  },
  {
    id: "page-softmax",
    kind: "softmax",
    shape: [1024, 1000],
    target: "none",
    calls: 1,
    about: "softmax of a batch of pictures; with gradient: and its gradient for a given upstream",
  },
  {
    id: "page-linear",
    kind: "linear",
    shape: [256, 256],
    weightShape: [4096, 256],
    target: "indices",
    calls: 1,
    about: "the head of a small language model: cross entropy of hidden · weightᵀ, with both gradients",
  },
  {
    id: "page-linear-large",
    kind: "linear",
    shape: [2304, 4],
    weightShape: [131_072, 4],
    target: "indices",
    calls: 1,
    about: "a large vocabulary: the logits would take 1.13 GiB, more than this adapter has in one buffer",
  },
];
