import type { SoftmaxPlan } from "../plan.ts";
import { exp, FRACTIONS, POWERS } from "./exp.ts";
import { RowStats } from "./row-stats.ts";
import { type Block, load, loadColumn, newTile, store, storeColumn, tilingOf } from "./tile.ts";

/** softmax, log-softmax, log-sum-exp and their gradients, from (max, rest) of each row; reads the input twice. */
export function softmax(plan: SoftmaxPlan): void {
  const { rows, input, output, upstream, of } = plan;
  const reduces = of === "log-sum-exp";
  const tiling = tilingOf(rows, input.strides[1] !== 1);
  const { pitch, whole } = tiling;
  const stats = new RowStats(tiling.rows);
  const tile = newTile(tiling);
  const gradient = upstream && newTile(tiling);
  /** `Σ g·e` for softmax, `Σ g` for log-softmax, g itself for log-sum-exp. */
  const dot = new Float64Array(tiling.rows);
  const count = rows.outer * rows.inner;
  const fractions = FRACTIONS;
  const powers = POWERS;
  for (let first = 0; first < count; first += tiling.rows) {
    const block: Block = { rows, first, count: Math.min(tiling.rows, count - first) };
    reduce(block);
    if (upstream !== undefined) weigh(block);
    if (reduces && upstream === undefined) storeColumn(output, block, logSumExp(block));
    else write(block);
  }

  function reduce(block: Block): void {
    tiles((start, width) => {
      load(input, block, start, width, tile, pitch);
      stats.add({ values: tile, pitch, first: 0, count: block.count, start, width });
    });
    // No distribution without a finite maximum; the log-sum-exp is then the maximum itself, and its gradient exp(x − max).
    for (let p = 0; p < block.count; p++) if (!Number.isFinite(stats.max[p])) stats.rest[p] = reduces ? 0 : NaN;
  }

  function weigh(block: Block): void {
    if (gradient === undefined || upstream === undefined) return;
    if (reduces) return loadColumn(upstream, block, dot);
    dot.fill(0);
    tiles((start, width) => {
      if (!whole) load(input, block, start, width, tile, pitch);
      load(upstream, block, start, width, gradient, pitch);
      for (let p = 0; p < block.count; p++) {
        const max = stats.max[p] as number;
        let sum = 0;
        for (let j = p * pitch, end = j + width; j < end; j++) {
          sum += (gradient[j] as number) * (of === "softmax" ? exp((tile[j] as number) - max, fractions, powers) : 1);
        }
        dot[p] = (dot[p] as number) + sum;
      }
    });
  }

  function write(block: Block): void {
    tiles((start, width) => {
      if (!whole) load(input, block, start, width, tile, pitch);
      if (!whole && !reduces && upstream !== undefined && gradient !== undefined) {
        load(upstream, block, start, width, gradient, pitch);
      }
      for (let p = 0; p < block.count; p++) {
        const max = stats.max[p] as number;
        const rest = stats.rest[p] as number;
        if (gradient === undefined) values(p * pitch, p * pitch + width, max, rest);
        else gradients(gradient, p * pitch, p * pitch + width, max, rest, dot[p] as number);
      }
      store(output, block, start, width, tile, pitch);
    });
  }

  function values(from: number, to: number, max: number, rest: number): void {
    const share = 1 / (1 + rest);
    const logZ = Math.log1p(rest);
    if (of === "softmax")
      for (let j = from; j < to; j++) tile[j] = exp((tile[j] as number) - max, fractions, powers) * share;
    else for (let j = from; j < to; j++) tile[j] = (tile[j] as number) - max - logZ;
  }

  function gradients(g: Float64Array, from: number, to: number, max: number, rest: number, sum: number): void {
    const share = 1 / (1 + rest);
    for (let j = from; j < to; j++) {
      const y = exp((tile[j] as number) - max, fractions, powers) * share;
      if (of === "softmax") tile[j] = y * ((g[j] as number) - sum * share);
      else tile[j] = of === "log-softmax" ? (g[j] as number) - y * sum : sum * y;
    }
  }

  function logSumExp(block: Block): Float64Array {
    for (let p = 0; p < block.count; p++) {
      const max = stats.max[p] as number;
      const rest = stats.rest[p] as number;
      dot[p] = Number.isFinite(max) ? max + Math.log1p(rest) : max;
    }
    return dot;
  }

  function tiles(visit: (start: number, width: number) => void): void {
    for (let start = 0; start < rows.classes; start += tiling.width) {
      visit(start, Math.min(tiling.width, rows.classes - start));
    }
  }
}
