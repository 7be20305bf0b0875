import Table from "cli-table3";

/** How a table is set. */
export interface TableOptions {
  readonly head?: readonly string[];
  /** One per column; left where absent. */
  readonly align?: readonly ("left" | "right")[];
  /** Spaces before every line. Default 0. */
  readonly indent?: number;
  /** Spaces between columns. Default 3. */
  readonly gap?: number;
}

const NO_BORDERS = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
};

/** Rows in aligned columns, without lines, ended by a newline. Cells may hold several lines and colours. */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  const { head = [], align = [], indent = 0, gap = 3 } = options;
  const layout = new Table({
    head: [...head],
    colAligns: [...align],
    chars: { ...NO_BORDERS, middle: " ".repeat(gap) },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
  });
  layout.push(...rows.map((row) => [...row]));
  return indented(layout.toString(), indent);
}

/** Text with every line moved right, no space at line ends, ended by a newline. */
export function indented(text: string, indent: number): string {
  const lines = text.split("\n").map((line) => `${" ".repeat(indent)}${line}`.trimEnd());
  return `${lines.join("\n")}\n`;
}
