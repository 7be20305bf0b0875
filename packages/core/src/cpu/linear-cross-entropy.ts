import type { CpuKernel, PlanParts } from "../backend.ts";
import { FILTER_CLASSES, type LinearCrossEntropyPlan, type Operand } from "../plan.ts";
import type { Rows } from "../shape.ts";
import { SpanFilter } from "./gradient-filter.ts";
import { ONE_ROW } from "./mass.ts";
import { RowFormula, type Spread } from "./row-formula.ts";
import { expAgain, rowGradient } from "./row-gradient.ts";
import { beginRows, chain, classWeights, smoothing, transform, transforms } from "./row-inputs.ts";
import type { LogitTile } from "./row-stats.ts";
import { type Block, load, store, storeColumn, storeScalar } from "./tile.ts";

// logits = hidden · matrixᵀ + bias, for a block of rows and a run of classes at a time, all in f64.
// 1: forward over row blocks; each row keeps its label, masses and statistics (a dozen numbers).
// 2: the hidden gradient, block of rows by block of rows.  3: the matrix gradient, run of classes by run of classes.
// Logits are computed again in 2 and 3 rather than kept: nothing the size of [rows, classes] ever exists.

const BLOCK_ROWS = 16;
const ROW_NUMBERS = 16; // f64 per row in RowFormula, rounded up

/** Memory that does not depend on how many classes are taken at a time. */
function fixedBytes({ rows, features, filter }: LinearCrossEntropyPlan): number {
  const numbers = rows.outer * ROW_NUMBERS + rows.classes * 2 + features * 2 * BLOCK_ROWS + BLOCK_ROWS * 2;
  return 8 * numbers + (filter === undefined ? 0 : BLOCK_ROWS * Math.ceil(rows.classes / FILTER_CLASSES));
}

/** Memory for each class that is taken at a time. */
function classBytes({ features }: LinearCrossEntropyPlan): number {
  return 8 * (features + 2 * BLOCK_ROWS);
}

/** The fewest classes that are taken at a time: those that the gradient filter looks at together. */
function leastRun({ rows, filter }: LinearCrossEntropyPlan): number {
  return filter === undefined ? 1 : Math.max(1, Math.min(rows.classes, FILTER_CLASSES));
}

/** The least memory that the kernel needs beyond inputs and outputs; a single class is too little to count. */
function leastBytes(plan: LinearCrossEntropyPlan): number {
  return fixedBytes(plan) + (plan.filter === undefined ? 0 : leastRun(plan) * classBytes(plan));
}

/** Classes per run: what the memory bound leaves room for. */
function runOf(plan: LinearCrossEntropyPlan): number {
  const least = leastRun(plan);
  const room = Math.max(0, plan.maxBytes - fixedBytes(plan));
  return Math.max(least, Math.min(plan.rows.classes, Math.floor(room / classBytes(plan) / least) * least));
}

/** In what parts the layer is computed. */
function linearParts(plan: LinearCrossEntropyPlan): PlanParts {
  const { hiddenGradient, matrixGradient, biasGradient } = plan;
  const blockClasses = runOf(plan);
  const again = (wanted: boolean, products: number): number => (wanted ? products : 0);
  return {
    blockRows: BLOCK_ROWS,
    blockClasses,
    products:
      1 +
      again(hiddenGradient !== undefined, 2) +
      again(matrixGradient !== undefined || biasGradient !== undefined, matrixGradient === undefined ? 1 : 2),
    workingBytes: fixedBytes(plan) + blockClasses * classBytes(plan),
  };
}

/** Loss and gradients of a linear layer under cross entropy. */
export const linearCrossEntropyKernel: CpuKernel<LinearCrossEntropyPlan> = {
  run: linearCrossEntropy,
  refuses(plan) {
    const needed = leastBytes(plan);
    return needed > plan.maxBytes ? `maxBytes is ${plan.maxBytes}; at least ${needed} are needed` : undefined;
  },
  explain: linearParts,
};

function linearCrossEntropy(plan: LinearCrossEntropyPlan): void {
  const kernel = new LinearKernel(plan);
  kernel.forward();
  if (plan.reduce) storeScalar(plan.loss, kernel.formula.total());
  else storeColumn(plan.loss, kernel.all, kernel.formula.loss);
  if (plan.hiddenGradient !== undefined) kernel.hiddenGradient(plan.hiddenGradient);
  if (plan.matrixGradient !== undefined || plan.biasGradient !== undefined) kernel.matrixGradient();
  kernel.filter?.store();
}

class LinearKernel {
  readonly formula: RowFormula;
  /** All rows as one block. */
  readonly all: Block;
  readonly filter: SpanFilter | undefined;
  readonly #plan: LinearCrossEntropyPlan;
  readonly #bias: Float64Array | undefined;
  readonly #spread: Float64Array | undefined;
  readonly #run: number;
  readonly #hidden: Float64Array;
  readonly #matrixRow: Float64Array;
  readonly #logits: Float64Array;
  readonly #slope: Float64Array | undefined;

  constructor(plan: LinearCrossEntropyPlan) {
    const { rows, features } = plan;
    this.#plan = plan;
    this.all = { rows, first: 0, count: rows.outer };
    this.formula = new RowFormula(plan, Math.max(rows.outer, 1), plan.loss.dtype);
    const weights = classWeights(plan, rows.classes);
    this.#spread = smoothing(plan, rows.classes, weights);
    this.#bias = plan.bias && vector(plan.bias, rows.classes);
    this.#run = runOf(plan);
    this.#hidden = new Float64Array(BLOCK_ROWS * features);
    this.#matrixRow = new Float64Array(features);
    this.#logits = new Float64Array(BLOCK_ROWS * this.#run);
    this.filter = plan.filter && new SpanFilter(plan.filter, BLOCK_ROWS, this.#run, rows.outer);
    this.#slope = transforms(plan) ? new Float64Array(this.#logits.length) : undefined;
    beginRows(plan, this.formula, this.all, weights);
  }

  forward(): void {
    for (const block of this.#rowBlocks()) {
      if (!this.#anyKept(block)) continue;
      this.#loadHidden(block);
      for (const { start, width } of this.#runs()) {
        this.#multiply(block, start, width);
        this.formula.add(this.#tile(block, start, width), this.#spreadAt(start), "maximum");
      }
      this.formula.finish(block.first, block.count, this.#plan.rows.classes);
    }
  }

  hiddenGradient(output: Operand): void {
    const { features } = this.#plan;
    const sum = new Float64Array(BLOCK_ROWS * features);
    this.filter?.begin();
    for (const block of this.#rowBlocks()) {
      this.#loadHidden(block);
      sum.fill(0);
      for (const { start, width } of this.#anyKept(block) ? this.#runs() : []) {
        this.#gradient(block, start, width);
        for (let c = 0; c < width; c++) {
          let loaded = false;
          for (let p = 0; p < block.count; p++) {
            if (!this.#kept(block.first + p) || this.filter?.skips(p, c) === true) continue;
            if (!loaded) this.#loadMatrixRow(start + c);
            loaded = true;
            addScaled(sum, p * features, this.#logits[p * width + c] as number, this.#matrixRow, 0, features);
          }
        }
      }
      store(output, block, 0, features, sum, features);
    }
  }

  matrixGradient(): void {
    const { features, matrixGradient, biasGradient, rows } = this.#plan;
    const sum = new Float64Array(this.#run * features);
    const biasSum = new Float64Array(this.#run);
    this.filter?.begin();
    for (const { start, width } of this.#runs()) {
      sum.fill(0);
      biasSum.fill(0);
      for (const block of this.#rowBlocks()) {
        if (!this.#anyKept(block)) continue;
        this.#loadHidden(block);
        this.#gradient(block, start, width);
        for (let p = 0; p < block.count; p++) {
          if (!this.#kept(block.first + p)) continue;
          for (let c = 0; c < width; c++) {
            if (this.filter?.skips(p, c) === true) continue;
            const g = this.#logits[p * width + c] as number;
            biasSum[c] = (biasSum[c] as number) + g;
            addScaled(sum, c * features, g, this.#hidden, p * features, features);
          }
        }
      }
      const classes: Rows = { outer: rows.classes, classes: features, inner: 1 };
      if (matrixGradient !== undefined)
        store(matrixGradient, { rows: classes, first: start, count: width }, 0, features, sum, features);
      if (biasGradient !== undefined) store(biasGradient, ONE_ROW, start, width, biasSum, width);
    }
  }

  *#rowBlocks(): Generator<Block> {
    const { rows } = this.#plan;
    for (let first = 0; first < rows.outer; first += BLOCK_ROWS) {
      yield { rows, first, count: Math.min(BLOCK_ROWS, rows.outer - first) };
    }
  }

  *#runs(): Generator<{ start: number; width: number }> {
    const { classes } = this.#plan.rows;
    for (let start = 0; start < classes; start += this.#run)
      yield { start, width: Math.min(this.#run, classes - start) };
  }

  #spreadAt(start: number): Spread | undefined {
    return this.#spread && { values: this.#spread, offset: start, pitch: 0 };
  }

  #tile({ first, count }: Block, start: number, width: number): LogitTile {
    return { values: this.#logits, pitch: width, first, count, start, width };
  }

  /** Rows left out take no part in the products: whatever they hold, their loss and their gradient are 0. */
  #kept(row: number): boolean {
    return this.formula.rowWeight[row] !== 0;
  }

  #anyKept({ first, count }: Block): boolean {
    return this.formula.rowWeight.subarray(first, first + count).some((weight) => weight !== 0);
  }

  #loadHidden(block: Block): void {
    const { hidden, features } = this.#plan;
    load(hidden, block, 0, features, this.#hidden, features);
  }

  #loadMatrixRow(row: number): void {
    const { matrix, features, rows } = this.#plan;
    const geometry: Rows = { outer: rows.classes, classes: features, inner: 1 };
    load(matrix, { rows: geometry, first: row, count: 1 }, 0, features, this.#matrixRow, features);
  }

  /** Logits of a block's rows for classes `start …`, transformed, at `#logits[p · width + c]`. */
  #multiply(block: Block, start: number, width: number): void {
    const { features } = this.#plan;
    for (let c = 0; c < width; c++) {
      this.#loadMatrixRow(start + c);
      const bias = this.#bias?.[start + c] ?? 0;
      for (let p = 0; p < block.count; p++) {
        const kept = this.#kept(block.first + p);
        this.#logits[p * width + c] = kept ? bias + dot(this.#hidden, p * features, this.#matrixRow, features) : 0;
      }
    }
    transform(this.#logits, this.#plan, this.#slope);
  }

  /** Their gradient, with respect to `hidden · matrixᵀ + bias`. */
  #gradient(block: Block, start: number, width: number): void {
    this.#multiply(block, start, width);
    const tile = this.#tile(block, start, width);
    expAgain(this.formula, tile);
    this.filter?.mark(tile, this.formula);
    rowGradient(this.formula, tile, this.#spreadAt(start));
    chain(tile.values, this.#slope);
  }
}

function vector(operand: Operand, length: number): Float64Array {
  const values = new Float64Array(length);
  load(operand, ONE_ROW, 0, length, values, length);
  return values;
}

/** Four accumulators hide the latency of the additions. */
function dot(a: Float64Array, from: number, b: Float64Array, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    s0 += (a[from + i] as number) * (b[i] as number);
    s1 += (a[from + i + 1] as number) * (b[i + 1] as number);
    s2 += (a[from + i + 2] as number) * (b[i + 2] as number);
    s3 += (a[from + i + 3] as number) * (b[i + 3] as number);
  }
  for (; i < length; i++) s0 += (a[from + i] as number) * (b[i] as number);
  return s0 + s1 + (s2 + s3);
}

function addScaled(sum: Float64Array, to: number, factor: number, a: Float64Array, from: number, length: number): void {
  for (let i = 0; i < length; i++) sum[to + i] = (sum[to + i] as number) + factor * (a[from + i] as number);
}
