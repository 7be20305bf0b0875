import { stripVTControlCharacters, styleText } from "node:util";
import Table from "cli-table3";

/** Columns that the text keeps to. */
export const WIDTH = 110;

type Paint = (text: string) => string;

// One format per call, and none for nothing: `styleText` asks stdout and NO_COLOR itself.
const paint =
  (format: Parameters<typeof styleText>[0]): Paint =>
  (text) =>
    text === "" ? "" : styleText(format, text);

/** What matters. */
export const strong: Paint = paint("bold");
/** What goes with it. */
export const dim: Paint = paint("dim");
/** What is there to keep the columns apart. */
export const faint: Paint = paint("gray");
/** What passed. */
export const good: Paint = paint("green");
/** What failed. */
export const bad: Paint = paint("red");

/** Text from a report without what would steer the terminal; line ends become spaces. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\s+/g, " ")
    .replace(/\p{Cc}/gu, "�");
}

/**
 * Lines of at most `WIDTH` columns, all after `indent` spaces; `lead` stands in the first line's indent. Breaks after a
 * space, else after a `/` or a comma, else where the line ends.
 */
export function wrapped(text: string, indent: number = 0, lead: string = ""): string {
  const room = Math.max(20, WIDTH - indent);
  const lines: string[] = [];
  let rest = text;
  while (rest.length > room) {
    const end = breakBefore(rest, room);
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  lines.push(rest);
  return lines.map((line, i) => (i === 0 ? lead : "").padEnd(indent) + line).join("\n");
}

function breakBefore(text: string, room: number): number {
  const space = text.lastIndexOf(" ", room) + 1;
  if (space > room / 2) return space;
  const mark = Math.max(text.lastIndexOf("/", room - 1), text.lastIndexOf(",", room - 1)) + 1;
  return mark > room / 2 ? mark : room;
}

/** How a table is set. */
export interface TableOptions {
  /** Spaces before every line. */
  readonly indent: number;
  /** The columns aligned left; all others are right. */
  readonly left: readonly number[];
}

const BORDERS = ["top", "bottom", "left", "right", "mid"].flatMap((side) =>
  ["", "-mid", "-left", "-right"].map((part): [string, string] => [side + part, ""]),
);

/** Rows in aligned columns, without lines. */
export function table(rows: readonly (readonly string[])[], { indent, left }: TableOptions): string {
  const layout = new Table({
    colAligns: (rows[0] ?? []).map((_cell, i) => (left.includes(i) ? "left" : "right")),
    chars: { ...Object.fromEntries(BORDERS), middle: "   " },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
  });
  layout.push(...rows.map((row) => [...row]));
  const lines = layout.toString().split("\n");
  return lines.map((line) => `${" ".repeat(indent)}${line}`.trimEnd()).join("\n");
}
