import type { CpuKernel } from "../backend.ts";
import { DataError } from "../errors.ts";
import type { IndexTarget, Mass, TargetMassPlan } from "../plan.ts";
import type { Rows } from "../shape.ts";
import { memoryOf } from "./memory.ts";
import { type Block, load, loadColumn } from "./tile.ts";

/** A divisor as two numbers. */
export interface Divisor {
  readonly mass: number;
  /** Rows that it counts. */
  readonly kept: number;
}

/** Reads a plan's divisor. */
export function divisorOf(divisor: number | Mass): Divisor {
  if (typeof divisor === "number") return { mass: divisor, kept: divisor };
  const [mass = NaN, kept = 0] = memoryOf(divisor.buffer).numbers("f64");
  return { mass, kept };
}

const BLOCK = 1024;

/** Blocks of rows for kernels that look at one value per row. */
export function* blocksOf(rows: Rows, size: number = BLOCK): Generator<Block> {
  const count = rows.outer * rows.inner;
  for (let first = 0; first < count; first += size) yield { rows, first, count: Math.min(size, count - first) };
}

/** Σ rowWeight · weight[y] over kept rows; every index is checked on the way. */
export const targetMassKernel: CpuKernel<TargetMassPlan> = { run: targetMass };

function targetMass(plan: TargetMassPlan): void {
  const { rows, target, weight, rowWeight } = plan;
  const size = Math.min(BLOCK, Math.max(rows.outer * rows.inner, 1));
  const labels = new Float64Array(size);
  const rowWeights = new Float64Array(size).fill(1);
  const weights = weight === undefined ? undefined : new Float64Array(rows.classes);
  if (weight !== undefined && weights !== undefined) load(weight, ONE_ROW, 0, rows.classes, weights, rows.classes);
  let mass = 0;
  let kept = 0;
  for (const block of blocksOf(rows, size)) {
    if (target.kind === "index") loadColumn(target.operand, block, labels);
    if (rowWeight !== undefined) loadColumn(rowWeight, block, rowWeights);
    for (let p = 0; p < block.count; p++) {
      const label = labels[p] as number;
      const each = rowWeights[p] as number;
      if (each === 0 || (target.kind === "index" && label === target.ignoreIndex)) continue;
      if (!(label >= 0 && label < rows.classes) && target.kind === "index")
        throw outOfRange(label, block.first + p, rows, target);
      mass += weights === undefined ? each : each * (weights[label] as number);
      kept++;
    }
  }
  if (plan.mustKeep && kept === 0) {
    throw new DataError(
      "empty-mean",
      `the mean is over no row at all: each of the ${rows.outer * rows.inner} is ignored`,
    );
  }
  memoryOf(plan.mass.buffer).numbers("f64").set([mass, kept]);
}

/** The only row of a vector of classes. */
export const ONE_ROW: Block = { rows: { outer: 1, classes: 1, inner: 1 }, first: 0, count: 1 };

function outOfRange(label: number, row: number, { classes, inner }: Rows, { ignoreIndex }: IndexTarget): DataError {
  const place = inner === 1 ? `row ${row}` : `row ${row} (outer ${Math.floor(row / inner)}, inner ${row % inner})`;
  const message = `target ${label} at ${place} is outside [0, ${classes}) and is not ignoreIndex (${ignoreIndex})`;
  return new DataError("target-range", message, { target: label, row, classes, ignoreIndex });
}
