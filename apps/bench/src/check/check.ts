import type { Pass } from "../contestant.ts";
import type { Expected, Reference } from "./expected.ts";

/** The largest error of a result that counts as right: of the loss relatively, of other elements relative to the largest. */
const EXACT = 1e-6;
/** The largest error of a result whose time is shown, marked with its error. */
export const APPROXIMATE = 1e-4;

/** What a result is worth. */
export type Verdict =
  | { readonly is: "right" | "approximate"; readonly error: number }
  | { readonly is: "wrong"; readonly reason: string };

/** A pass's outputs, by name. */
export type Outputs = Readonly<Record<string, Float32Array>>;

/** Compares the outputs of a pass with the reference; a missing output and one of another length are wrong. */
export function check(pass: Pass, outputs: Outputs, reference: Reference): Verdict {
  const names = namesOf(pass, reference);
  const surplus = Object.keys(outputs).filter((name) => !names.includes(name));
  if (surplus.length > 0) return { is: "wrong", reason: `no output ${surplus.join(", ")} was asked for` };
  let worst = 0;
  for (const name of names) {
    const expected = reference[name];
    const output = outputs[name];
    if (expected === undefined || output === undefined) return { is: "wrong", reason: `output ${name} is missing` };
    if (output.length !== expected.length) {
      return { is: "wrong", reason: `${name} must have ${expected.length} elements; got ${output.length}` };
    }
    const found = worstElement(output, expected);
    if (!(found.error <= APPROXIMATE)) return { is: "wrong", reason: describe(name, found) };
    worst = Math.max(worst, found.error);
  }
  return { is: worst <= EXACT ? "right" : "approximate", error: worst };
}

/** The outputs of a pass: without gradients, the first. */
function namesOf(pass: Pass, reference: Reference): string[] {
  const names = Object.keys(reference);
  return pass === "gradient" ? names : names.slice(0, 1);
}

interface Element {
  readonly index: number;
  readonly got: number;
  readonly wanted: number;
  /** NaN where only one of both is NaN. */
  readonly error: number;
}

function worstElement(output: Float32Array, { values, at, scale }: Expected): Element {
  let worst: Element = { index: 0, got: output[0] ?? 0, wanted: values[0] ?? 0, error: 0 };
  for (let i = 0; i < values.length; i++) {
    const index = at === undefined ? i : (at[i] as number);
    const [got, wanted] = [output[index] as number, values[i] as number];
    const error = got === wanted ? 0 : Math.abs(got - wanted) / scale; // all zeros have the scale 0
    if (error <= worst.error) continue;
    worst = { index, got, wanted, error };
    if (Number.isNaN(error)) return worst;
  }
  return worst;
}

function describe(name: string, { index, got, wanted, error }: Element): string {
  const size = Number.isNaN(error) ? "" : `, off by ${error.toExponential(1)} of the largest`;
  return `${name}[${index}] must be ${Math.fround(wanted)}; got ${got}${size}`;
}
