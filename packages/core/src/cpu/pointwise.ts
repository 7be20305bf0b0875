import type { CpuKernel } from "../backend.ts";
import { DataError } from "../errors.ts";
import type { Operand, PointwisePlan } from "../plan.ts";
import { TERMS } from "./terms.ts";
import { type Block, load, newTile, store, storeColumn, storeScalar, type Tiling, tilingOf } from "./tile.ts";

/** `scale · weight · term(a, b)` per element, kept or summed, and its gradients; every input is read once. */
export const pointwiseKernel: CpuKernel<PointwisePlan> = { run: pointwise };

function pointwise(plan: PointwisePlan): void {
  if (plan.term === "binary-probabilities") checkProbabilities(plan);
  const { rows, output, reduce, scale } = plan;
  const tiling = tilingOf(rows, plan.a.strides[1] !== 1);
  const tiles = new Tiles(plan, tiling);
  const sums = new Float64Array(tiling.rows);
  const count = rows.outer * rows.inner;
  let total = 0;
  for (let first = 0; first < count; first += tiling.rows) {
    const block: Block = { rows, first, count: Math.min(tiling.rows, count - first) };
    sums.fill(0);
    for (let start = 0; start < rows.classes; start += tiling.width) {
      const width = Math.min(tiling.width, rows.classes - start);
      tiles.load(block, start, width);
      tiles.values(block.count, width, sums);
      if (reduce === "none") tiles.store(output, block, start, width, scale);
      tiles.gradient(block, start, width);
    }
    for (let p = 0; p < block.count; p++) total += sums[p] as number;
    if (reduce === "classes")
      storeColumn(
        output,
        block,
        sums.map((sum) => sum * scale),
      );
  }
  if (reduce === "total") storeScalar(output, total * scale); // 0 · ∞ is NaN: the mean of nothing
}

/** One tile of each input; inputs that are absent are 1 throughout. */
class Tiles {
  readonly #plan: PointwisePlan;
  readonly #pitch: number;
  readonly #a: Float64Array;
  readonly #b: Float64Array;
  readonly #weight: Float64Array;
  readonly #positiveWeight: Float64Array;
  readonly #upstream: Float64Array;
  readonly #result: Float64Array;

  constructor(plan: PointwisePlan, tiling: Tiling) {
    const tile = (): Float64Array => newTile(tiling).fill(1);
    this.#plan = plan;
    this.#pitch = tiling.pitch;
    this.#a = tile();
    this.#b = tile();
    this.#weight = tile();
    this.#positiveWeight = tile();
    this.#upstream = tile();
    this.#result = tile();
    if (typeof plan.upstream === "number") this.#upstream.fill(plan.upstream);
  }

  load(block: Block, start: number, width: number): void {
    const { a, b, weight, positiveWeight, upstream } = this.#plan;
    const read = (operand: Operand | undefined, tile: Float64Array): void => {
      if (operand !== undefined) load(operand, block, start, width, tile, this.#pitch);
    };
    read(a, this.#a);
    read(b, this.#b);
    read(weight, this.#weight);
    read(positiveWeight, this.#positiveWeight);
    if (typeof upstream !== "number") read(upstream, this.#upstream);
  }

  /** `weight · term` of each element, and their sums per row. */
  values(count: number, width: number, sums: Float64Array): void {
    const { value } = TERMS[this.#plan.term];
    for (let p = 0; p < count; p++) {
      let sum = 0;
      for (let j = p * this.#pitch, end = j + width; j < end; j++) {
        const term = value(this.#a[j] as number, this.#b[j] as number, this.#positiveWeight[j] as number, this.#plan);
        this.#result[j] = (this.#weight[j] as number) * term;
        sum += this.#result[j] as number;
      }
      sums[p] = (sums[p] as number) + sum;
    }
  }

  store(output: Operand, block: Block, start: number, width: number, scale: number): void {
    for (let j = 0; j < this.#result.length; j++) this.#result[j] = (this.#result[j] as number) * scale;
    store(output, block, start, width, this.#result, this.#pitch);
  }

  gradient(block: Block, start: number, width: number): void {
    const { gradient, term } = this.#plan;
    if (gradient === undefined) return;
    const slope = TERMS[term].byA;
    if (slope === undefined) throw new TypeError(`the term "${term}" has no gradient`);
    for (let j = 0; j < this.#result.length; j++) {
      const by = slope(this.#a[j] as number, this.#b[j] as number, this.#positiveWeight[j] as number, this.#plan);
      this.#result[j] = (this.#upstream[j] as number) * this.#plan.scale * (this.#weight[j] as number) * by;
    }
    store(gradient, block, start, width, this.#result, this.#pitch);
  }
}

/** Probabilities must lie in [0, 1]: looked at before anything is written. */
function checkProbabilities({ rows, a }: PointwisePlan): void {
  const tiling = tilingOf(rows, a.strides[1] !== 1);
  const tile = newTile(tiling);
  const count = rows.outer * rows.inner;
  for (let first = 0; first < count; first += tiling.rows) {
    const block: Block = { rows, first, count: Math.min(tiling.rows, count - first) };
    for (let start = 0; start < rows.classes; start += tiling.width) {
      const width = Math.min(tiling.width, rows.classes - start);
      load(a, block, start, width, tile, tiling.pitch);
      for (let p = 0; p < block.count; p++) {
        for (let c = 0; c < width; c++) {
          const value = tile[p * tiling.pitch + c] as number;
          if (value >= 0 && value <= 1) continue;
          const row = first + p;
          const at = (Math.floor(row / rows.inner) * rows.classes + start + c) * rows.inner + (row % rows.inner);
          const message = `probabilities must be in [0, 1]; element ${at} is ${value}`;
          throw new DataError("value-range", message, { at, value });
        }
      }
    }
  }
}
