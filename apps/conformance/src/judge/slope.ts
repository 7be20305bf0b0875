import { FLOAT64 } from "../oracle/algebra.ts";
import type { Expected, ExpectedOutputs } from "../oracle/expected.ts";
import { expectedOutputs } from "../oracle/oracle.ts";
import { isFloat, type Problem } from "../problem.ts";

// The oracle's gradients against the slope of its own loss along one direction: Σ grad·v and (L(x + h·v) − L(x − h·v)) / 2h,
// at h and at 2h, extrapolated (Richardson). What may lie between them is what the two differences say of each other, and
// the roundings of the losses divided by h.

/** Which output is the gradient by which input. */
const GRADIENTS: Readonly<Record<string, string>> = {
  gradLogits: "logits",
  gradInput: "input",
  gradHidden: "hidden",
  gradWeight: "weight",
  gradBias: "bias",
  gradTarget: "target",
};

/** Steps that move ordinary logits without rounding. The smaller ones are for what bends within the larger. */
const STEPS = [2 ** -10, 2 ** -14, 2 ** -18];
/** Cases with more numbers are of no other kind than smaller ones. */
const MOST_ELEMENTS = 4096;
/** How many times its estimate the error of the extrapolated difference may be. */
const SAFETY = 4;

/** What is wrong with the oracle's gradients, if anything. Cases without a finite loss have no slope. */
export function slopeComplaint(problem: Problem, expected: ExpectedOutputs): string | undefined {
  for (const [output, name] of Object.entries(GRADIENTS)) {
    const gradient = expected[output];
    const input = problem.inputs[name];
    if (gradient === undefined || input === undefined || !isFloat(input.dtype)) continue;
    if (gradient.values.length > MOST_ELEMENTS || problem.operation.startsWith("onnx")) continue;
    const direction = gradient.values.map((slope, i) => directionAt(i, slope, input.values[i] ?? NaN));
    let complaint: string | undefined;
    for (const step of STEPS) {
      complaint = complaintAt(problem, name, { gradient, direction, step });
      if (complaint === undefined) break;
    }
    if (complaint !== undefined) return `oracle: ${output} ${complaint}`;
  }
  return undefined;
}

function complaintAt(
  problem: Problem,
  name: string,
  {
    gradient,
    direction,
    step,
  }: { readonly gradient: Expected; readonly direction: Float64Array; readonly step: number },
): string | undefined {
  const along = (of: (slope: number, by: number) => number): number =>
    gradient.values.reduce((sum, value, i) => (direction[i] === 0 ? sum : sum + of(value, direction[i] ?? 0)), 0);
  const slope = along((value, by) => value * by);
  const measured = differenceAlong(problem, name, direction, step);
  if (measured === undefined) return undefined;
  const allowed = SAFETY * measured.error + along(Math.abs) * 2 ** -40;
  if (Math.abs(measured.slope - slope) <= allowed) return undefined;
  return `along a direction is ${slope}, the slope of its loss ${measured.slope} ± ${allowed}`;
}

/** ±1 by position; 0 where there is no slope, or where a step would be lost. */
function directionAt(index: number, slope: number, value: number): number {
  const moves = Number.isFinite(slope) && Number.isFinite(value) && Math.abs(value) < 2 ** 32;
  return moves ? ((index * 7919) % 3 === 0 ? -1 : 1) : 0;
}

function differenceAlong(
  problem: Problem,
  name: string,
  direction: Float64Array,
  step: number,
): { readonly slope: number; readonly error: number } | undefined {
  const near = difference(problem, name, direction, step);
  const far = difference(problem, name, direction, 2 * step);
  if (near === undefined || far === undefined) return undefined;
  const slope = (4 * near.slope - far.slope) / 3;
  return { slope, error: Math.abs(slope - near.slope) + near.rounding + far.rounding };
}

function difference(
  problem: Problem,
  name: string,
  direction: Float64Array,
  step: number,
): { readonly slope: number; readonly rounding: number } | undefined {
  const [up, down] = [scalarLoss(problem, name, direction, step), scalarLoss(problem, name, direction, -step)];
  if (up === undefined || down === undefined) return undefined;
  return { slope: (up.value - down.value) / (2 * step), rounding: (up.error + down.error) / (2 * step) };
}

/** Σ upstream·loss at a shifted input, the function that the gradient is of; undefined where it is not finite. */
function scalarLoss(
  problem: Problem,
  name: string,
  direction: Float64Array,
  step: number,
): { readonly value: number; readonly error: number } | undefined {
  const input = problem.inputs[name];
  if (input === undefined) return undefined;
  const values = input.values.map((value, i) => value + step * (direction[i] ?? 0));
  const shifted = { ...problem, inputs: { ...problem.inputs, [name]: { ...input, dtype: "f64" as const, values } } };
  const outputs = expectedOutputs(shifted, FLOAT64);
  const loss = outputs["loss"] ?? outputs["output"];
  const upstream = problem.inputs["upstream"]?.values;
  if (loss === undefined) return undefined;
  const factor = (i: number): number => upstream?.[upstream.length === 1 ? 0 : i] ?? 1;
  const value = loss.values.reduce((sum, number, i) => sum + (factor(i) === 0 ? 0 : factor(i) * number), 0);
  const error = loss.values.reduce((sum, number, i) => {
    const own = (loss.errors[i] ?? 0) + Math.abs(number) * loss.values.length * 2 ** -53;
    return sum + Math.abs(factor(i)) * own;
  }, 0);
  return Number.isFinite(value) ? { value, error } : undefined;
}
