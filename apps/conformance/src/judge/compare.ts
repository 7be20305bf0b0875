import type { Expected } from "../oracle/expected.ts";
import { roundTo, ulp } from "../oracle/rounding.ts";
import { splitAt } from "../problem.ts";
import { HISTOGRAM_EDGES, type Stage, type WrongElement } from "../report/report.ts";

/** What an output is found to be. */
export interface Comparison {
  /** Undefined where all is well. */
  readonly stage: Extract<Stage, "class" | "interval"> | undefined;
  /** The first few wrong elements. */
  readonly wrong: readonly WrongElement[];
  readonly wrongCount: number;
  /** The largest distance from the oracle, in ULP of the output's dtype. */
  readonly worst: number;
  /** Numbers by distance, in the bins of HISTOGRAM_EDGES. */
  readonly histogram: readonly number[];
}

const SHOWN = 5;
/** Results of which fewer bits are certain are not measured in ULP. */
const CERTAIN_BITS = 12;

/**
 * Compares an output with what it should be, element by element: the class first (NaN, ±∞, exact zero), then the interval.
 * A backend computes some number no further from the true one than its arithmetic allows and rounds it to the dtype; rounding
 * never reorders, so its result lies between the rounded ends of the interval.
 */
export function compare(expected: Expected, got: ArrayLike<number>): Comparison {
  const { dtype, values, errors } = expected;
  const histogram = HISTOGRAM_EDGES.map(() => 0);
  const wrong: { readonly stage: "class" | "interval"; readonly element: WrongElement }[] = [];
  let wrongCount = 0;
  let worst = 0;
  let stage: Comparison["stage"];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    const number = got[i] ?? NaN;
    const allowed = (errors[i] ?? 0) * (dtype === "f64" ? 2 : 1); // the oracle is as wrong as the backend there
    const verdict = judge(dtype, value, allowed, number);
    if (verdict !== undefined) {
      wrongCount++;
      if (stage !== "class") stage = verdict;
      if (wrong.length < SHOWN) wrong.push({ stage: verdict, element: describe(expected, i, allowed, number) });
    }
    const distance = distanceInUlp(dtype, value, errors[i] ?? 0, number);
    histogram[binOf(distance)] = (histogram[binOf(distance)] ?? 0) + 1;
    if (distance > worst && Number.isFinite(distance)) worst = distance;
  }
  return { stage, wrong: wrong.map(({ element }) => element), wrongCount, worst, histogram };
}

function judge(
  dtype: Expected["dtype"],
  value: number,
  allowed: number,
  got: number,
): "class" | "interval" | undefined {
  if (Number.isNaN(value) || Number.isNaN(got)) return Number.isNaN(value) && Number.isNaN(got) ? undefined : "class";
  const low = roundTo(dtype, value - allowed);
  const high = roundTo(dtype, value + allowed);
  if (got >= low && got <= high) return undefined;
  const infinite = !Number.isFinite(got) || (low === high && !Number.isFinite(low));
  return infinite || (value === 0 && allowed === 0) ? "class" : "interval";
}

/**
 * How far off, in ULP at the true value. In f64 the oracle is as far off as `allowed` itself, and only what is beyond counts; 0
 * also where an interval is all there is to say: a difference of equals, of which hardly a digit is certain.
 */
export function distanceInUlp(dtype: Expected["dtype"], value: number, allowed: number, got: number): number {
  const rounded = roundTo(dtype, value);
  if (Object.is(rounded, got) || rounded === got || (Number.isNaN(value) && Number.isNaN(got))) return 0;
  if (!Number.isFinite(rounded) || !Number.isFinite(got)) return Infinity;
  const distance = Math.max(0, Math.abs(got - value) - (dtype === "f64" ? allowed : 0));
  return Math.abs(value) <= allowed * 2 ** CERTAIN_BITS && distance <= allowed ? 0 : distance / ulp(dtype, value);
}

function binOf(distance: number): number {
  const bin = HISTOGRAM_EDGES.findIndex((edge) => distance <= edge);
  return bin < 0 ? HISTOGRAM_EDGES.length - 1 : bin;
}

function describe({ shape, classDim, values }: Expected, index: number, allowed: number, got: number): WrongElement {
  const element = { index, got: text(got), expected: text(values[index] ?? NaN), allowed: text(allowed) };
  if (classDim === undefined) return { ...element, row: index };
  const { classes, inner } = splitAt(shape, classDim);
  return {
    ...element,
    row: Math.floor(index / (classes * inner)) * inner + (index % inner),
    class: Math.floor(index / inner) % classes,
  };
}

function text(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
