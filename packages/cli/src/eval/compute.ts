import { type Backend, crossEntropy, type CrossEntropyOptions, crossEntropyStats, type Tensor } from "@surprisal/core";
import type { EvalInputs } from "./inputs.ts";
import type { LossOptions } from "./options.ts";

/** What `surprisal eval` has to say about the losses. */
export interface Evaluation {
  readonly rows: number;
  /** Rows that count: neither ignored nor of row weight 0. */
  readonly keptRows: number;
  /** In nats: a number, or for reduction `"none"` one per row. */
  readonly loss: number | readonly number[];
  readonly lossBits: number | readonly number[];
  /** `exp` of the mean loss, whatever the reduction. */
  readonly perplexity: number;
  /** Kept rows whose target is the most probable class. */
  readonly correct: number;
  /** `correct / keptRows`. */
  readonly accuracy: number;
  /** Time of the loss alone, its reading back included. */
  readonly milliseconds: number;
}

/** Evaluates, with every option as `crossEntropy` takes it. */
export async function evaluate<B extends Backend>(inputs: EvalInputs<B>, loss: LossOptions): Promise<Evaluation> {
  const { logits, targets, weight, rowWeight } = inputs;
  const options: CrossEntropyOptions = { ...loss, ...(weight && { weight }), ...(rowWeight && { rowWeight }) };
  const start = performance.now();
  using result = crossEntropy(logits, targets, options);
  const losses = await numbers(result);
  const milliseconds = performance.now() - start;
  const { rows, keptRows, correct } = await countRows(inputs, options);
  return {
    rows,
    keptRows,
    ...(loss.reduction === "none"
      ? { loss: losses, lossBits: losses.map(toBits) }
      : { loss: losses[0] ?? NaN, lossBits: toBits(losses[0] ?? NaN) }),
    perplexity: Math.exp(await meanLoss(inputs, options, losses)),
    correct,
    accuracy: correct / keptRows,
    milliseconds,
  };
}

function toBits(nats: number): number {
  return nats / Math.LN2;
}

async function meanLoss(inputs: EvalInputs, options: CrossEntropyOptions, losses: readonly number[]): Promise<number> {
  const { reduction, onEmpty: _onEmpty, ...rest } = options;
  if (reduction === "mean") return losses[0] ?? NaN;
  using mean = crossEntropy(inputs.logits, inputs.targets, rest);
  return await mean.item();
}

async function countRows(
  { logits, targets, rowWeight, probabilities }: EvalInputs,
  options: CrossEntropyOptions,
): Promise<Pick<Evaluation, "rows" | "keptRows" | "correct">> {
  const { reduction: _reduction, normalizer: _normalizer, onEmpty: _onEmpty, ...each } = options;
  const stats = crossEntropyStats(logits, targets, each);
  const ranks = await stats.rank.data();
  for (const column of Object.values<Tensor>({ ...stats })) column.dispose();
  const labels = probabilities ? undefined : await targets.data();
  const weights = await rowWeight?.data();
  const ignored = options.ignoreIndex ?? -100;
  let keptRows = 0;
  let correct = 0;
  for (let row = 0; row < ranks.length; row++) {
    if (weights?.[row] === 0 || (labels !== undefined && Number(labels[row]) === ignored)) continue;
    keptRows++;
    if (Number(ranks[row]) === 1) correct++;
  }
  return { rows: ranks.length, keptRows, correct };
}

async function numbers(values: Tensor): Promise<number[]> {
  return Array.from(await values.data(), Number);
}
