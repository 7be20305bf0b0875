import type { BenchCase, BenchReport } from "./report.ts";

/** Which backend is the fastest from how many logits on. One that wins at a single size between two of another's is noise. */
export function crossoverOf(cases: readonly BenchCase[]): BenchReport["crossover"] {
  const winners = cases.flatMap(({ rows, classes, times }) => {
    const [fastest] = times.toSorted((a, b) => a.milliseconds - b.milliseconds);
    return fastest === undefined ? [] : [{ fromLogits: rows * classes, backend: fastest.backend }];
  });
  const steady = winners.map((each, i) => {
    const [before, after] = [winners[i - 1], winners[i + 1]];
    const alone = before !== undefined && before.backend === after?.backend;
    return alone ? { ...each, backend: before.backend } : each;
  });
  return steady.filter(({ backend }, i) => backend !== steady[i - 1]?.backend);
}

/** What to take, in words. */
export function recommendation(crossover: BenchReport["crossover"]): string {
  const [first, ...rest] = crossover;
  if (first === undefined) return "no backend can be had";
  const after = rest.map(
    ({ backend, fromLogits }) => `, ${backend} from ${fromLogits.toLocaleString("en-US")} logits on`,
  );
  return rest.length === 0 ? `${first.backend} at every size` : `${first.backend} for a few logits${after.join("")}`;
}
