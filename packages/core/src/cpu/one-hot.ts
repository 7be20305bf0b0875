import type { CpuKernel } from "../backend.ts";
import { DataError } from "../errors.ts";
import type { OneHotPlan } from "../plan.ts";
import { blocksOf } from "./mass.ts";
import { loadColumn, newTile, store, tilingOf } from "./tile.ts";

/** 1 at each row's index, 0 elsewhere; all indices are checked before anything is written. */
export const oneHotKernel: CpuKernel<OneHotPlan> = { run: oneHot };

function oneHot({ rows, indices, output }: OneHotPlan): void {
  const { classes } = rows;
  const tiling = tilingOf(rows, false);
  const labels = new Float64Array(tiling.rows);
  for (const block of blocksOf(rows, tiling.rows)) {
    loadColumn(indices, block, labels);
    for (let p = 0; p < block.count; p++) {
      const label = labels[p] as number;
      if (label >= 0 && label < classes) continue;
      const message = `one-hot: index ${label} at position ${block.first + p} is outside [0, ${classes})`;
      throw new DataError("target-range", message, { target: label, row: block.first + p, classes });
    }
  }
  const tile = newTile(tiling);
  for (const block of blocksOf(rows, tiling.rows)) {
    loadColumn(indices, block, labels);
    for (let start = 0; start < classes; start += tiling.width) {
      const width = Math.min(tiling.width, classes - start);
      tile.fill(0);
      for (let p = 0; p < block.count; p++) {
        const at = (labels[p] as number) - start;
        if (at >= 0 && at < width) tile[p * tiling.pitch + at] = 1;
      }
      store(output, block, start, width, tile, tiling.pitch);
    }
  }
}
