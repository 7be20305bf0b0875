import { indented, table, type TableOptions } from "../../report/table.ts";
import type { Style } from "../../report/style.ts";

const INDENT = 3;

/** A paragraph of a section. */
export function paragraph(text: string): string {
  return indented(text, INDENT);
}

/** A table of a section, its head dim. */
export function sectionTable(rows: readonly (readonly string[])[], style: Style, options: TableOptions = {}): string {
  const head = options.head?.map((label) => (label === "" ? "" : style.dim(label)));
  return table(rows, { ...options, ...(head && { head }), indent: INDENT });
}
