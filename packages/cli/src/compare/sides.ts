import { bytesOf, type DType } from "@surprisal/core";
import { blocksOf, type InputBlock } from "../eval/blocks.ts";
import type { EvaluationPlan } from "../eval/evaluator.ts";
import { sameShape } from "../eval/geometry.ts";
import type { EvalInputs } from "../eval/inputs.ts";
import { shapeOf } from "../readers/array-reader.ts";
import { FormatError } from "../readers/format-error.ts";

/** A model's logits with the targets, and how they are evaluated. */
export interface Side {
  readonly inputs: EvalInputs;
  readonly plan: EvaluationPlan;
  /** Of the logits in the file. */
  readonly dtype: DType;
}

/** Both models. */
export interface Sides {
  readonly a: Side;
  readonly b: Side;
}

/** @throws FormatError if the logits of both do not have one shape */
export function checkAlike({ a, b }: Sides): void {
  const [first, second] = [a.inputs.logits, b.inputs.logits];
  if (sameShape(first.shape, second.shape)) return;
  const required = `logits of both models must have one shape, ${shapeOf(first.shape)} (${first.name})`;
  throw new FormatError(second.name, `${required}; got ${shapeOf(second.shape)}`);
}

/**
 * Blocks of the same rows of both.
 * @throws FormatError where one of them ends before the other
 */
export async function* pairsOf({ a, b }: Sides, blockBytes: number): AsyncGenerator<readonly [InputBlock, InputBlock]> {
  const blocks = ({ inputs, dtype }: Side): AsyncGenerator<InputBlock> =>
    blocksOf(inputs, (blockBytes / 8) * bytesOf(dtype)); // as many elements of each
  const others = blocks(b);
  for await (const block of blocks(a)) {
    const other = (await others.next()).value as InputBlock | undefined;
    if (other?.rows !== block.rows) throw outOfStep({ a, b });
    yield [block, other];
  }
  if ((await others.next()).done !== true) throw outOfStep({ a, b });
}

function outOfStep({ a, b }: Sides): FormatError {
  const required = `as many rows required as ${a.inputs.logits.name} has, in files that can be read the same way`;
  return new FormatError(b.inputs.logits.name, `${required}; save both as .npy files`);
}
