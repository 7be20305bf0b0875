import type { DType } from "@surprisal/core";
import type { Elements } from "../readers/array-reader.ts";
import { newElements } from "../readers/elements.ts";
import { type InputBlock, targetsPerRow } from "./blocks.ts";
import type { EvalInputs } from "./inputs.ts";

/**
 * One row of the inputs' dtypes and classes: whether a backend takes them can be seen before anything is read. It is right
 * whatever its numbers stand for, logits or probabilities, indices or one-hot: all on class 0.
 */
export function trialBlock({ logits, targets, rowWeight, geometry }: EvalInputs): InputBlock {
  const { classes, kind } = geometry;
  return {
    firstRow: 0,
    rows: 1,
    shape: [1, classes, 1],
    logits: firstIsOne(logits.dtype, classes),
    targets: kind === "indices" ? newElements(targets.dtype, 1) : firstIsOne(targets.dtype, targetsPerRow(geometry)),
    rowWeight: rowWeight && firstIsOne(rowWeight.dtype, 1),
  };
}

function firstIsOne(dtype: DType, length: number): Elements {
  const elements = newElements(dtype, length);
  elements.set([dtype === "i64" ? 1n : (HALF_ONES[dtype] ?? 1)] as never);
  return elements;
}

/** The bits of 1. */
const HALF_ONES: Partial<Record<DType, number>> = { f16: 0x3c00, bf16: 0x3f80 };
