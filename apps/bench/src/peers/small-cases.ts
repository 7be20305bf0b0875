import type { BenchCase } from "../cases.ts";
import type { Contestant, Kind, Pass } from "../contestant.ts";
import { coreCpu } from "../contestants/core-cpu.ts";
import { makeData } from "../data.ts";
import { readFloats, writeInputs } from "../files.ts";
import type { EntrantProcess } from "../run/entrant-process.ts";

// Small cases, and what is expected of a contestant in them, for the tests of peers.

/** A case for tests. */
export function small(kind: Kind, shape: readonly number[], target: BenchCase["target"]): BenchCase {
  return { id: `${kind} [${shape.join(", ")}], ${target}`, kind, shape, target, calls: 1, about: "small" };
}

/** Every form of every peer: rows and strides, few classes and many, means in one step and in two. */
export const SMALL: readonly BenchCase[] = [
  small("cross-entropy", [4, 5], "indices"),
  small("cross-entropy", [3, 300], "indices"),
  small("cross-entropy", [5000, 3], "indices"),
  small("cross-entropy", [2, 3, 4, 5], "indices"),
  small("cross-entropy", [1, 4, 64, 64], "indices"),
  small("cross-entropy", [4, 5], "probabilities"),
  small("cross-entropy", [2, 3, 50, 50], "probabilities"),
  small("binary", [70], "probabilities"),
  small("binary", [8192], "probabilities"),
  small("softmax", [5, 9], "none"),
  { ...small("linear", [6, 8], "indices"), weightShape: [11, 8] },
];

/** What a call gave: all its outputs by their names, and the number that was read. */
export interface Result {
  readonly used: number;
  readonly outputs: Readonly<Record<string, Float32Array>>;
}

/** What a contestant gives for a pass of a case. */
export async function resultOf(contestant: Contestant, benchCase: BenchCase, pass: Pass): Promise<Result> {
  const prepared = await contestant.prepare(makeData(benchCase));
  const outcome = await prepared.run(pass);
  const given = Object.entries(await outcome.outputs()).map(([name, values]) => [name, values.slice()] as const);
  outcome.release();
  prepared.dispose();
  return { used: outcome.used, outputs: Object.fromEntries(given) };
}

/** Milliseconds that a process has for an answer. */
export const LIMIT = 30_000;

/** What a process gives for a pass of a case, after some calls; files are in `folder`. */
export async function resultOfProcess(
  process: EntrantProcess,
  folder: string,
  benchCase: BenchCase,
  pass: Pass,
): Promise<Result> {
  const inputs = writeInputs(makeData(benchCase), folder);
  const { refused } = await process.ask({ do: "prepare", benchCase, inputs }, LIMIT);
  if (refused !== undefined) throw new Error(refused);
  await process.ask({ do: "first", pass }, LIMIT);
  const { used } = await process.ask({ do: "run", pass, calls: 3 }, LIMIT);
  const { outputs } = await process.ask({ do: "outputs", pass, folder }, LIMIT);
  await process.ask({ do: "dispose" }, LIMIT);
  const read = Object.entries(outputs).map(([name, { file }]) => [name, readFloats(file)] as const);
  return { used, outputs: Object.fromEntries(read) };
}

/** Largest error relative to the largest element; jax-js' logarithm is off by 3e-6. */
const TOLERANCE = 5e-6;

/** What is wrong with a result, if anything is: its outputs have to be those of the cpu backend. */
export async function complaintAbout(
  { used, outputs }: Result,
  benchCase: BenchCase,
  pass: Pass,
): Promise<string | undefined> {
  const wanted = (await resultOf(coreCpu, benchCase, pass)).outputs;
  const [names, got] = [Object.keys(wanted).join(", "), Object.keys(outputs).join(", ")];
  if (got !== names) return `outputs must be ${names}; got ${got}`;
  const first = (outputs["loss"] ?? outputs["output"])?.[0];
  if (used !== first) return `the number that was read must be ${first}; got ${used}`;
  const wrong = Object.entries(wanted).find(([name, values]) => !isClose(outputs[name], values));
  return wrong === undefined ? undefined : `${wrong[0]} must be ${wrong[1].join(", ")}`;
}

function isClose(got: Float32Array = new Float32Array(), wanted: Float32Array): boolean {
  const largest = wanted.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const near = wanted.every((value, i) => Math.abs((got[i] ?? Number.NaN) - value) <= TOLERANCE * largest);
  return near && got.length === wanted.length;
}
