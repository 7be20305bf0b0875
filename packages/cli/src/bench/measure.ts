import { type Backend, crossEntropy, randint, randn } from "@surprisal/core";
import type { BenchTime } from "./report.ts";

/** Rows and classes of logits. */
export interface Size {
  readonly rows: number;
  readonly classes: number;
}

/** How long one backend may take for one size. */
export interface Effort {
  readonly milliseconds: number;
  /** Timed, whatever they take; the first call, which compiles, is not one of them. */
  readonly fewestRuns: number;
}

/** Times the mean cross entropy of `size` on a backend, until the time is over. */
export async function measure(backend: Backend, { rows, classes }: Size, effort: Effort): Promise<BenchTime> {
  using logits = randn([rows, classes], { seed: 1, backend });
  using target = randint(0, classes, [rows], { seed: 2, backend });
  const once = async (): Promise<number> => {
    const start = performance.now();
    using loss = crossEntropy(logits, target);
    await loss.item();
    return performance.now() - start;
  };
  await once();
  const times: number[] = [];
  const end = performance.now() + effort.milliseconds;
  while (times.length < effort.fewestRuns || performance.now() < end) times.push(await once());
  return { backend: backend.name, milliseconds: median(times), runs: times.length };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
