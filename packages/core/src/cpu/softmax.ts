import type { CpuKernel } from "../backend.ts";
import type { SoftmaxPlan } from "../plan.ts";
import { exponentiate, type LogitTile, RowStats } from "./row-stats.ts";
import { type Block, load, loadColumn, newTile, store, storeColumn, tilingOf } from "./tile.ts";

/** softmax, log-softmax, log-sum-exp and their gradients, from (max, rest) of each row; reads the input twice. */
export const softmaxKernel: CpuKernel<SoftmaxPlan> = { run: softmax };

function softmax(plan: SoftmaxPlan): void {
  const { rows, input, output, upstream, of } = plan;
  const reduces = of === "log-sum-exp";
  const tiling = tilingOf(rows, input.strides[1] !== 1);
  const { pitch, whole } = tiling;
  const stats = new RowStats(tiling.rows);
  const tile = newTile(tiling);
  const gradient = upstream && newTile(tiling);
  /** `Σ g·e` for softmax, `Σ g` for log-softmax, g itself for log-sum-exp. */
  const dot = new Float64Array(tiling.rows);
  const total = rows.outer * rows.inner;
  for (let first = 0; first < total; first += tiling.rows) {
    const block: Block = { rows, first, count: Math.min(tiling.rows, total - first) };
    reduce(block);
    if (upstream !== undefined) weigh(block);
    if (reduces && upstream === undefined) storeColumn(output, block, logSumExp(block));
    else write(block);
  }

  function tileOf({ count }: Block, start: number, width: number): LogitTile {
    return { values: tile, pitch, first: 0, count, start, width };
  }

  function reduce(block: Block): void {
    tiles((start, width) => {
      load(input, block, start, width, tile, pitch);
      stats.add(tileOf(block, start, width));
    });
    // No distribution without a finite maximum. The log-sum-exp is then that maximum, and its gradient exp(x − max).
    for (let p = 0; p < block.count; p++) {
      const max = stats.max[p] as number;
      if (!Number.isFinite(max)) stats.rest[p] = reduces && max === Infinity ? 0 : NaN;
    }
  }

  /** The exponentials of a tile: still there after `reduce` where it holds whole rows. */
  function exponentials(block: Block, start: number, width: number): void {
    if (whole) return;
    load(input, block, start, width, tile, pitch);
    stats.subtract(tileOf(block, start, width));
    exponentiate(tileOf(block, start, width));
  }

  function weigh(block: Block): void {
    if (gradient === undefined || upstream === undefined) return;
    if (reduces) return loadColumn(upstream, block, dot);
    dot.fill(0);
    tiles((start, width) => {
      exponentials(block, start, width);
      load(upstream, block, start, width, gradient, pitch);
      for (let p = 0; p < block.count; p++) {
        let sum = 0;
        for (let j = p * pitch, end = j + width; j < end; j++) {
          sum += (gradient[j] as number) * (of === "softmax" ? (tile[j] as number) : 1);
        }
        dot[p] = (dot[p] as number) + sum;
      }
    });
  }

  function write(block: Block): void {
    tiles((start, width) => {
      if (gradient === undefined && of === "log-softmax") logarithms(block, start, width);
      else exponentials(block, start, width);
      if (!whole && !reduces && upstream !== undefined && gradient !== undefined) {
        load(upstream, block, start, width, gradient, pitch);
      }
      for (let p = 0; p < block.count; p++) {
        const share = 1 / (1 + (stats.rest[p] as number));
        if (gradient !== undefined) gradients(gradient, p * pitch, p * pitch + width, share, dot[p] as number);
        else if (of === "softmax") scale(p * pitch, p * pitch + width, share);
      }
      store(output, block, start, width, tile, pitch);
    });
  }

  /** `x − max − log z`, in this order: the difference first keeps the digits at large logits. */
  function logarithms(block: Block, start: number, width: number): void {
    load(input, block, start, width, tile, pitch);
    for (let p = 0; p < block.count; p++) {
      const max = stats.max[p] as number;
      const logZ = Math.log1p(stats.rest[p] as number);
      for (let j = p * pitch, to = j + width; j < to; j++) tile[j] = (tile[j] as number) - max - logZ;
    }
  }

  function scale(from: number, to: number, share: number): void {
    for (let j = from; j < to; j++) tile[j] = (tile[j] as number) * share;
  }

  function gradients(g: Float64Array, from: number, to: number, share: number, sum: number): void {
    for (let j = from; j < to; j++) {
      const y = (tile[j] as number) * share;
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
