import { tellingFailures } from "./arrange.ts";
import { count } from "./numbers.ts";
import type { Failure, WrongElement } from "./report.ts";
import { bad, dim, plain, strong, table, wrapped } from "./terminal-text.ts";
import { STAGES } from "./verdict.ts";

const MOST_ELEMENTS = 4;
/** The longest number is about 25 characters; what is longer is no number and would break the table. */
const LONGEST_VALUE = 25;

/** A lane's failures, at most `limit`, one text each, and what was left out; nothing where none failed. */
export function failureTexts(failures: readonly Failure[], limit: number): string[] {
  if (failures.length === 0) return [];
  const shown = tellingFailures(failures, limit);
  const left = failures.length - shown.length;
  const more = left === 0 ? [] : [`  ${dim(`and ${count(left)} more`)}`];
  const [first = "", ...others] = shown.map(failureText);
  return [`  ${strong("Failures")}\n${first}`, ...others, ...more];
}

function failureText(failure: Failure): string {
  const { address, stage, output, message, command } = failure;
  const place = output === undefined ? "" : `${plain(output)}: `;
  const lines = [
    bad(wrapped(plain(address), 4, "  ✕")),
    wrapped(`${stage}: ${STAGES[stage]}`, 4),
    ...(message === "" ? [] : [wrapped(`${place}${plain(message)}`, 4)]),
    ...elementLines(failure),
    `    ${dim("$")} ${plain(command)}`,
  ];
  return lines.join("\n");
}

function elementLines({ wrong, wrongCount }: Failure): string[] {
  if (wrong.length === 0) return [];
  const head = ["index", "row", "class", "got", "expected", "allowed ±"].map(dim);
  const shown = wrong.slice(0, MOST_ELEMENTS);
  const left = wrongCount - shown.length;
  const more = left > 0 ? [`      ${dim(`and ${count(left)} more wrong`)}`] : [];
  return [table([head, ...shown.map(elementRow)], { indent: 6, left: [] }), ...more];
}

function elementRow({ index, row, class: column, got, expected, allowed }: WrongElement): string[] {
  return [
    String(index),
    row === undefined ? "–" : String(row),
    column === undefined ? "–" : String(column),
    bad(value(got)),
    value(expected),
    value(allowed),
  ];
}

function value(text: string): string {
  const shown = plain(text);
  return shown.length > LONGEST_VALUE ? `${shown.slice(0, LONGEST_VALUE - 1)}…` : shown;
}
