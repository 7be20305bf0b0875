import { type BenchCase, CASES } from "./cases.ts";

/** Everything that `pnpm bench --linear` measures: what every backend gets done, many rows of few features, and a language model's head. */
export const LINEAR_CASES: readonly BenchCase[] = [
  {
    id: "linear-small",
    kind: "linear",
    shape: [256, 256],
    weightShape: [4096, 256],
    target: "indices",
    calls: 1,
    about: "the head of a small language model; its logits take 4 MiB",
  },
  {
    id: "linear-rows",
    kind: "linear",
    shape: [1024, 64],
    weightShape: [16_384, 64],
    target: "indices",
    calls: 1,
    about: "a batch of many tokens; its logits take 64 MiB",
  },
  ...CASES.filter(({ kind }) => kind === "linear"),
];
