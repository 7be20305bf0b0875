import type { Peer, PeerOutput } from "../case.ts";
import { FLOAT64 } from "../oracle/algebra.ts";
import type { Expected } from "../oracle/expected.ts";
import { expectedOutputs } from "../oracle/oracle.ts";
import { roundTo } from "../oracle/rounding.ts";
import type { Problem } from "../problem.ts";

// Whether PyTorch's NaN and infinities are where `compat: "torch"` promises them. Where they are, a default that has others is
// in a declared corner.

/** Calls with the option `compat`; with others PyTorch is composed by `live.py`, by the library's own rules in part. */
const COMPAT: ReadonlySet<string> = new Set([
  "crossEntropy",
  "nllLoss",
  "binaryCrossEntropy",
  "binaryCrossEntropyWithLogits",
  "multilabelSoftMarginLoss",
  "klDivergence",
]);
const EXTENSIONS = ["rowWeight", "logitScale", "softcap", "zLoss"];

/** Whether `live.py` composes PyTorch's answer of several operations. */
function isComposed({ operation, inputs, options }: Problem): boolean {
  return !COMPAT.has(operation) || EXTENSIONS.some((name) => name in inputs || name in options);
}

/** How far PyTorch's outputs bind, and a `surprise` where the oracle does not know them. */
export interface Policy extends Pick<Peer, "departs"> {
  readonly surprise?: string;
}

/** Compares PyTorch's classes with what `compat: "torch"` promises. */
export function policyOf(problem: Problem, outputs: Readonly<Record<string, PeerOutput>>): Policy {
  const { options } = problem;
  const promised = expectedOutputs({ ...problem, options: { ...options, compat: "torch" } }, FLOAT64);
  const composed = isComposed(problem);
  const usual = composed ? expectedOutputs(problem, FLOAT64) : promised;
  const accidental = new Set<string>();
  for (const [name, { values }] of Object.entries(outputs)) {
    const [truth, other] = [promised[name], usual[name]];
    if (truth === undefined || other === undefined) return { surprise: `the oracle has no output "${name}"` };
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? NaN;
      if (agrees(truth, i, value) || (composed && agrees(other, i, value))) continue;
      if (!isAccident(problem, name, value)) {
        const surprise = `${name}: PyTorch's element ${i} is ${value}, by compat "torch" ${truth.values[i]}`;
        return { surprise, departs: () => true };
      }
      accidental.add(name);
    }
  }
  const peerName = (output: string): string => (output === "lossAlone" ? "loss" : output);
  return { departs: (output) => options["compat"] !== "torch" || accidental.has(peerName(output)) };
}

/** Whether a number is NaN, or ±∞, just where it should be; at the edge of the range it may be either. */
function agrees({ dtype, values, errors }: Expected, index: number, value: number): boolean {
  const [truth, error] = [values[index] ?? NaN, errors[index] ?? 0];
  if (Number.isNaN(value) || Number.isNaN(truth)) return Number.isNaN(value) && Number.isNaN(truth);
  const ends = [roundTo(dtype, truth - error), roundTo(dtype, truth + error)];
  return Number.isFinite(value) ? [truth, ...ends].some(Number.isFinite) : ends.includes(value);
}

/** Where PyTorch's class follows from the order in which it adds, or from how autograd composes: no formula has it. */
function isAccident(problem: Problem, output: string, value: number): boolean {
  if (Number.isFinite(value)) return false;
  if (overflows(problem)) return true;
  // autograd's slope of (1 − p)^γ is γ·(1 − p)^(γ−1), which is ∞ or 0·∞ as soon as p rounds to 1
  if (output.startsWith("grad"))
    return Number.isNaN(value) && ["focalLoss", "sigmoidFocalLoss"].includes(problem.operation);
  return output === "loss" && mayOverflow(problem);
}

/** Whether f32 overflows in what is composed of logits: a gap between two, a scaled one, the square that zLoss takes. */
function overflows(problem: Problem): boolean {
  const { logits } = problem.inputs;
  if (logits === undefined || logits.dtype === "f64" || !isComposed(problem)) return false;
  const largest = logits.values.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
  const scaled = 2 * largest * Math.max(1, Math.abs(Number(problem.options["logitScale"] ?? 1)));
  return !Number.isFinite(Math.fround("zLoss" in problem.options ? scaled ** 2 : scaled));
}

/** Whether some of the losses that a reduction adds up, in some order, exceed what f32 holds. */
function mayOverflow({ operation, inputs: { upstream: _scalar, ...inputs }, options }: Problem): boolean {
  const { reduction } = options;
  if (reduction === undefined || reduction === "none") return false;
  const { loss } = expectedOutputs({ operation, inputs, options: { ...options, reduction: "none" } }, FLOAT64);
  if (loss === undefined || loss.dtype === "f64") return false;
  return !Number.isFinite(
    Math.fround(loss.values.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : Math.abs(value)), 0)),
  );
}
