import { InvalidArgumentError } from "commander";

/** An option's value as a finite number, written in decimal: no blanks, no hexadecimal, no `NaN`. */
export function decimal(text: string): number {
  const value = Number(text);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(value)) {
    throw new InvalidArgumentError("A finite number is required.");
  }
  return value;
}

/** An option's value as an integer that a double holds exactly. */
export function integer(text: string): number {
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError("An integer is required.");
  }
  return value;
}

/** An option's value as an integer from 1 on. */
export function positiveInteger(text: string): number {
  const value = integer(text);
  if (value < 1) throw new InvalidArgumentError("An integer from 1 on is required.");
  return value;
}

/** An option's value as positive integers with commas between them. */
export function integers(text: string): number[] {
  const all = text.split(",").map(integer);
  if (all.some((value) => value < 1)) throw new InvalidArgumentError("Integers from 1 on are required, such as 1,5.");
  return all;
}
