import { setImmediate } from "node:timers/promises";
import { interruptedAfter, onInterrupt } from "../interrupt.ts";
import type { RowBlock } from "../metrics/row-block.ts";
import { DEFAULT_METRICS, type MetricSettings } from "../metrics/settings.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { readElements } from "../readers/array-reader.ts";
import { newElements } from "../readers/elements.ts";
import { FormatError } from "../readers/format-error.ts";
import { count } from "../report/numbers.ts";
import type { RowProgress } from "../report/progress-bar.ts";
import { hasLabels } from "./binary.ts";
import { blocksOf, type InputBlock, type Lend } from "./blocks.ts";
import type { EvaluationPlan } from "./evaluator.ts";
import type { EvalInputs } from "./inputs.ts";
import type { LossOptions } from "./options.ts";
import { numbersOf } from "./numbers.ts";
import { untilAborted } from "./until-aborted.ts";

/** How the rows of a block are computed; the first block decides on what. */
export type Compute = (block: InputBlock) => Promise<RowBlock>;

/** What an evaluation has found. */
export interface Evaluated {
  readonly metrics: Metrics;
  /** One per row, where they are asked for. */
  readonly losses: readonly number[] | undefined;
  readonly milliseconds: { readonly read: number; readonly loss: number };
}

/** How an evaluation is run. */
export interface EvaluateOptions {
  readonly keepLosses: boolean;
  readonly progress: RowProgress;
  readonly total: number | undefined;
  readonly blockBytes?: number | undefined;
  readonly lend?: Lend;
  /** Where what is found goes. */
  readonly metrics: Metrics;
  /** Number of the first row of the inputs in the whole evaluation. */
  readonly firstRow?: number;
  /** Called now and then, at the end, and when interrupted, with the rows seen so far; says whether it could keep them. */
  readonly checkpoint?: ((rows: number) => Promise<boolean>) | undefined;
  /** Between two turns of the event loop, in milliseconds. */
  readonly turn?: number | undefined;
  /** Between two checkpoints, in milliseconds. */
  readonly pause?: number | undefined;
}

/** Between two checkpoints, in milliseconds. */
const CHECKPOINT = 10_000;

/** Signals come in between blocks, when the event loop has had its turn; that often, in milliseconds. */
const TURN = 50;

/**
 * Works through all rows, block by block.
 * @throws FormatError for what is wrong in the files; CliError with exit code 130 after an interruption
 */
export async function evaluateRows(
  inputs: EvalInputs,
  compute: Compute,
  {
    keepLosses,
    progress,
    total,
    blockBytes,
    lend,
    metrics,
    firstRow = 0,
    checkpoint,
    turn: turnTime = TURN,
    pause = CHECKPOINT,
  }: EvaluateOptions,
): Promise<Evaluated> {
  const losses: number[] = [];
  const interruption = new AbortController();
  const { signal } = interruption;
  using _ = onInterrupt(() => interruption.abort());
  let done = 0;
  let lossTime = 0;
  const start = performance.now();
  let turn = start;
  let saved = start;
  let kept = 0;
  for await (const block of untilAborted(blocksOf(inputs, blockBytes, lend), signal)) {
    const from = performance.now();
    const rows = await compute({ ...block, firstRow: firstRow + block.firstRow });
    metrics.add(rows);
    const now = performance.now();
    lossTime += now - from;
    if (keepLosses) for (let row = 0; row < rows.rows; row++) losses.push(rows.loss[row] as number);
    done += block.rows;
    // Where it cannot keep the rows yet, it is asked again after each block.
    if (checkpoint !== undefined && now - saved > pause && (await checkpoint(done))) {
      saved = performance.now();
      kept = done;
    }
    if (now - turn < turnTime) continue;
    progress.update(done);
    await setImmediate();
    turn = performance.now();
  }
  if ((await checkpoint?.(done)) === true) kept = done;
  if (signal.aborted) throw interruptedAfter(done, total, checkpoint && leftOf(kept, done));
  const read = performance.now() - start - lossTime;
  return { metrics, losses: keepLosses ? losses : undefined, milliseconds: { read, loss: lossTime } };
}

function leftOf(kept: number, done: number): string {
  const from = kept === done ? "from there" : `after ${count(kept)} of them`;
  return `the same command with --resume goes on ${from}`;
}

/** What is to be remembered of the rows of an evaluation. */
export function metricSettingsOf(plan: EvaluationPlan, topK: readonly number[] | undefined): MetricSettings {
  const binary = plan.geometry.kind === "binary";
  const classes = binary ? 2 : plan.geometry.classes;
  const usual = DEFAULT_METRICS.topK.filter((k) => k === 1 || k < classes); // of five classes all are among five
  return {
    ...DEFAULT_METRICS,
    classes,
    indices: binary ? hasLabels(plan) : plan.geometry.kind !== "probabilities",
    topK: topK === undefined ? usual : [...new Set(topK)].toSorted((a, b) => a - b),
  };
}

/** The plan of an evaluation; class weights are read here, all of them. */
export async function planOf(
  inputs: EvalInputs,
  loss: LossOptions,
  { fromProbabilities, posWeight }: Pick<EvaluationPlan, "fromProbabilities" | "posWeight">,
): Promise<EvaluationPlan> {
  const { geometry, logits, targets, rowWeight } = inputs;
  return {
    geometry,
    loss,
    weight: await weightOf(inputs),
    fromProbabilities,
    posWeight,
    dtypes: { logits: logits.dtype, targets: targets.dtype, rowWeight: rowWeight?.dtype ?? "f64" },
    names: { logits: logits.name, targets: targets.name },
  };
}

async function weightOf({ weight, geometry }: EvalInputs): Promise<Float64Array | undefined> {
  if (weight === undefined) return undefined;
  const values = newElements(weight.dtype, geometry.classes + 1);
  const length = await readElements(weight, values);
  if (length === geometry.classes) return numbersOf(values.subarray(0, length), weight.dtype);
  const came = length > geometry.classes ? "more" : `only ${length}`;
  throw new FormatError(weight.name, `${geometry.classes} weights required, one per class; it has ${came}`);
}
