import type { FoundCause } from "../metrics/non-finite.ts";
import type { LossOptions } from "./options.ts";

/** What the losses of a block were computed from. */
export interface CategoricalOperands {
  /** `[outer, classes, inner]`, as of the block. */
  readonly logits: Float64Array;
  readonly shape: readonly [outer: number, classes: number, inner: number];
  /** Class indices, or else `probabilities` of the logits' shape. */
  readonly labels: Int32Array | undefined;
  readonly probabilities: Float64Array | undefined;
  /** One per class, in the dtype that it was computed with. */
  readonly weight: Float64Array | undefined;
  readonly rowWeight: Float64Array | undefined;
  readonly options: Pick<LossOptions, "labelSmoothing" | "logitScale" | "softcap" | "compat">;
}

/** Why the cross entropy of a row is not finite. */
export function categoricalCause(operands: CategoricalOperands, row: number, loss: number): FoundCause {
  const { labels, probabilities, shape, weight, options } = operands;
  const one: OneRow = {
    logits: effective(rowOf(operands.logits, shape, row), options),
    label: labels?.[row],
    probabilities: probabilities && rowOf(probabilities, shape, row),
    weight,
    smoothing: Math.max(options.labelSmoothing ?? 0, 0) || 0, // what is not positive, NaN too, is 0 under compat
  };
  const broken =
    brokenLogit(one) ?? found("target-not-finite", one.probabilities?.findIndex(isNotFinite)) ?? brokenWeight(one);
  if (broken !== undefined) return broken;
  if (isNotFinite(operands.rowWeight?.[row] ?? 1)) return { cause: "row-weight-not-finite", class: -1 };
  const multiplied = options.compat === "torch" && Number.isNaN(loss) ? zeroTimesInfinity(one) : undefined;
  return multiplied ?? infiniteSurprise(one) ?? { cause: "overflow", class: -1 };
}

/** One row on its own. */
interface OneRow {
  readonly logits: Float64Array;
  readonly label: number | undefined;
  readonly probabilities: Float64Array | undefined;
  readonly weight: Float64Array | undefined;
  readonly smoothing: number;
}

function rowOf(values: Float64Array, [, classes, inner]: CategoricalOperands["shape"], row: number): Float64Array {
  const start = Math.floor(row / inner) * classes * inner + (row % inner);
  if (inner === 1) return values.subarray(start, start + classes);
  const own = new Float64Array(classes);
  for (let c = 0; c < classes; c++) own[c] = values[start + c * inner] as number;
  return own;
}

/** Logits after `logitScale` and `softcap`. */
function effective(
  logits: Float64Array,
  { logitScale = 1, softcap = 0 }: CategoricalOperands["options"],
): Float64Array {
  if (softcap > 0) return logits.map((x) => softcap * Math.tanh((logitScale * x) / softcap));
  return logitScale === 1 ? logits : logits.map((x) => logitScale * x);
}

/** In a plain loop: where every row is broken, all of their logits are looked at. */
function brokenLogit({ logits }: OneRow): FoundCause | undefined {
  let some = false;
  for (let c = 0; c < logits.length; c++) {
    const x = logits[c] as number;
    if (!(x < Infinity)) return { cause: x === Infinity ? "logit-infinite" : "logit-nan", class: c };
    some ||= x !== -Infinity;
  }
  return some ? undefined : { cause: "logits-all-minus-infinite", class: -1 };
}

/** Without smoothing only the label's weight has a part in the loss. */
function brokenWeight({ weight, label, smoothing }: OneRow): FoundCause | undefined {
  return found(
    "weight-not-finite",
    weight?.findIndex((w, c) => isNotFinite(w) && (label === undefined || c === label || smoothing > 0)),
  );
}

/** A class of logit −∞ that has no part in the loss, where PyTorch multiplies all the same. */
function zeroTimesInfinity({ logits, label, probabilities, weight, smoothing }: OneRow): FoundCause | undefined {
  const multiplied = (c: number): boolean => label === undefined || c === label || smoothing > 0;
  const c = logits.findIndex((x, at) => x === -Infinity && multiplied(at) && weight?.[at] === 0);
  if (c >= 0) return { cause: "zero-weight", class: c };
  if (label !== undefined) return found("zero-target", smoothing === 1 && logits[label] === -Infinity ? label : -1);
  return found(
    "zero-target",
    smoothing > 0 ? -1 : logits.findIndex((x, at) => x === -Infinity && probabilities?.[at] === 0),
  );
}

/** A class of logit −∞ that has a part in the loss: the target's first, then those that smoothing adds. */
function infiniteSurprise({ logits, label, probabilities, weight, smoothing }: OneRow): FoundCause | undefined {
  const counts = (c: number): boolean => logits[c] === -Infinity && weight?.[c] !== 0;
  const target =
    label === undefined
      ? logits.findIndex((_, c) => counts(c) && probabilities?.[c] !== 0)
      : counts(label)
        ? label
        : -1;
  return (
    found("target-logit-minus-infinite", target) ??
    found("smoothed-logit-minus-infinite", smoothing > 0 ? logits.findIndex((_, c) => counts(c)) : -1)
  );
}

function found(cause: FoundCause["cause"], at: number = -1): FoundCause | undefined {
  return at < 0 ? undefined : { cause, class: at };
}

function isNotFinite(value: number): boolean {
  return !Number.isFinite(value);
}
