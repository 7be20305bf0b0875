import { isSurprisalError, type Tensor } from "@surprisal/core";
import { type Inputs, OPERATIONS } from "./operations.ts";
import { inputTensor, numbersOf, type Run, type VectorCase, type VectorTensor } from "./vectors.ts";

/** Which answers are expected: PyTorch's own everywhere, or the library's default in the declared corners. */
export type Expected = "torch" | "default";

/** What came of one case: a line per disagreement, and how many numbers were compared. */
export interface Replayed {
  readonly findings: readonly string[];
  readonly compared: number;
}

/** Operations with the option `compat`. */
const COMPAT: ReadonlySet<string> = new Set([
  "crossEntropy",
  "nllLoss",
  "binaryCrossEntropyWithLogits",
  "multilabelSoftMarginLoss",
  "klDivergence",
  "binaryCrossEntropy",
]);
/** Composed by the generator with the library's own policy for rows left out. */
const EXTENSIONS = ["rowWeight", "logitScale", "softcap", "zLoss"];
/** Corners in which PyTorch's answer is NaN or infinite and the default's need not be. */
const DECLARED: ReadonlySet<string> = new Set(["ignored-row", "zero-mass", "zero-divisor", "overflow"]);

/** Runs a case in every dtype it has. */
export async function replay(vector: VectorCase, policy: Expected): Promise<Replayed> {
  const findings: string[] = [];
  let compared = 0;
  const composed = EXTENSIONS.some((name) => name in vector.options || name in vector.inputs);
  const strict = policy === "torch" && COMPAT.has(vector.op) && !composed;
  const runs = (vector.error === true ? [undefined] : Object.keys(vector.outputs ?? {})) as (Run | undefined)[];
  for (const run of runs) {
    const report = (text: string): number => findings.push(`${vector.name} ${run ?? ""}: ${text}`);
    const outputs = attempt(vector, run, strict);
    const refused = vector.error === true || (vector.corner === "invalid-smoothing" && policy === "default");
    compared++;
    if (outputs instanceof Error) {
      if (!refused || !isSurprisalError(outputs)) report(`threw ${String(outputs)}`);
    } else if (refused) report(`took what it should refuse (PyTorch: ${vector.message ?? "accepts"})`);
    else compared += await compare(vector, run as Run, policy, outputs, report);
  }
  return { findings, compared };
}

function attempt(vector: VectorCase, run: Run | undefined, strict: boolean): Readonly<Record<string, Tensor>> | Error {
  const dtype = vector.literal === true ? undefined : run;
  const inputs: Inputs = Object.fromEntries(
    Object.entries(vector.inputs).map(([name, input]) => [name, inputTensor(input, dtype)]),
  );
  const options: Record<string, unknown> = strict ? { compat: "torch" } : {};
  for (const [name, value] of Object.entries(vector.options)) options[name] = numeric(value);
  try {
    const operation = OPERATIONS[vector.op];
    if (operation === undefined) throw new Error(`no operation "${vector.op}"`);
    return operation(inputs, options);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Options write NaN and infinities as words. */
function numeric(value: unknown): unknown {
  return value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : value;
}

async function compare(
  vector: VectorCase,
  run: Run,
  policy: Expected,
  outputs: Readonly<Record<string, Tensor>>,
  report: (text: string) => void,
): Promise<number> {
  let compared = 0;
  for (const [name, expected] of Object.entries(vector.outputs?.[run] ?? {})) {
    if (name === "gradTarget" && vector.op === "klDivergence") continue; // the library has no such gradient
    for (const key of name === "loss" && outputs["lossAlone"] !== undefined ? ["loss", "lossAlone"] : [name]) {
      const output = outputs[key];
      if (output === undefined) {
        report(`${key} is missing`);
        continue;
      }
      const widened = run === "bf16" && policy === "default" && name === "loss"; // the default gives f32 there
      if (!widened && output.dtype !== expected.dtype) report(`${key} is ${output.dtype}, not ${expected.dtype}`);
      if (output.shape.join() !== expected.shape.join())
        report(`${key} is [${output.shape.join()}], not [${expected.shape.join()}]`);
      const got = Array.from((await output.data()) as ArrayLike<number | bigint>, Number);
      compared += compareNumbers(vector, run, policy, name, expected, got, (text) => report(`${key}${text}`));
    }
  }
  return compared;
}

function compareNumbers(
  vector: VectorCase,
  run: Run,
  policy: Expected,
  name: string,
  expected: VectorTensor,
  got: readonly number[],
  report: (text: string) => void,
): number {
  const peers = numbersOf(expected);
  const exact = vector.outputs?.f64?.[name];
  const truths = exact === undefined ? peers : numbersOf(exact);
  for (const [i, peer] of peers.entries()) {
    const value = got[i] ?? NaN;
    const truth = truths[i] ?? NaN;
    const sameClass = Number.isFinite(peer) ? Number.isFinite(value) : Object.is(value, peer);
    if (!sameClass) {
      if (!(policy === "default" && !Number.isFinite(peer) && isDeclared(vector, name))) {
        report(`[${i}] is ${value}, PyTorch ${peer}`);
      }
      continue;
    }
    if (!Number.isFinite(peer) || (vector.corner === "rounded-lse" && name === "gradInput")) continue;
    const bound = boundOf(vector, run, peer, truth);
    if (Math.abs(value - truth) > bound)
      report(`[${i}] is ${value}, PyTorch ${peer}, in f64 ${truth}: off by more than ${bound}`);
  }
  return peers.length;
}

/** Corners, and the gradient to probabilities that smoothing 1 leaves without mass (PyTorch: 0 · ∞). */
function isDeclared({ corner, options }: VectorCase, name: string): boolean {
  return DECLARED.has(corner ?? "") || (name === "gradTarget" && options["labelSmoothing"] === 1);
}

/**
 * How far a result may be from PyTorch's f64 answer. f32: one unit in the last place (the library rounds once) or twice
 * PyTorch's own f32 error, plus what that f64 answer itself may be off. f64: the rounding of some 30 operations, on a scale
 * of 1 where terms cancel. bf16, and mixed dtypes (`literal`), where PyTorch rounds on the way: four of its own roundings.
 */
function boundOf(vector: VectorCase, run: Run, peer: number, truth: number): number {
  const size = Math.abs(truth);
  const scale = Math.max(1, size);
  if (run === "bf16") return 4 * 2 ** -8 * scale;
  if (vector.literal === true) return 4 * 2 ** -24 * scale;
  if (run === "f64") return 16 * 2 ** -52 * scale;
  return Math.max(2 ** -23 * size, 2 ** -149) + 2 * Math.abs(peer - truth) + 16 * 2 ** -52;
}
