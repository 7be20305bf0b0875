import type { DType } from "@surprisal/core";
import { inputOf, isFloat, type Problem } from "../problem.ts";
import { type Algebra, exact } from "./algebra.ts";
import { expectedFrom, type ExpectedOutputs } from "./expected.ts";

/** 1 where the last dim is the index, else 0. */
export function oneHot(_algebra: Algebra, problem: Problem): ExpectedOutputs {
  const { shape, values } = inputOf(problem, "indices");
  const given = Number(problem.options["classes"] ?? -1);
  const classes = given === -1 ? Math.max(...values) + 1 : given;
  const dtype = (problem.options["dtype"] ?? "i64") as DType;
  const hot = (i: number): number => (values[Math.floor(i / classes)] === i % classes ? 1 : 0);
  return { output: expectedFrom(dtype, [...shape, classes], (i) => exact(hot(i)), shape.length) };
}

/** The same values in another dtype: rounded to a floating one, cut toward 0 to an integer, "not 0" to bool. */
export function cast(_algebra: Algebra, problem: Problem): ExpectedOutputs {
  const { shape, values, dtype } = inputOf(problem, "input");
  const to = (problem.options["dtype"] ?? dtype) as DType;
  const convert = (value: number): number => {
    if (to === "bool") return value === 0 ? 0 : 1;
    return isFloat(to) ? value : Math.trunc(value) + 0;
  };
  return { output: expectedFrom(to, shape, (i) => exact(convert(values[i] ?? NaN))) };
}
