import { times } from "./corners.ts";
import { scaleOf } from "./row-gradient.ts";
import type { LogitTile } from "./row-stats.ts";
import type { TargetTiles } from "./target-tiles.ts";

/** The gradient by target probabilities, from a tile of logits: `hot · w_j · (−log p_j)`, scaled as the row's gradient. */
export function targetGradientOf(
  { plan, formula, weights }: TargetTiles,
  { values, pitch, count, start, width }: LogitTile,
  into: Float64Array,
): void {
  const { hot, strict } = plan;
  for (let p = 0; p < count; p++) {
    const kept = formula.rowWeight[p] !== 0;
    const scale = scaleOf(formula, p);
    for (let j = p * pitch, c = start, end = j + width; j < end; j++, c++) {
      const mass = hot * (weights === undefined ? 1 : (weights[c] as number));
      into[j] = kept ? scale * times(mass, formula.surprise(p, values[j] as number), strict) : 0;
    }
  }
}
