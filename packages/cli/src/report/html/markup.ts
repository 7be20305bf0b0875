// Markup as text, in which everything that comes from outside is escaped: what was put in as text stays text.

/** Markup, which is not escaped again. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What goes between tags: markup as it is, all else escaped. */
export type Child = Markup | string | number;

/** An element with attributes and children. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly Child[]
): Markup {
  const listed = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  const inner = children.map((child) => (child instanceof Markup ? child.text : escaped(String(child))));
  return new Markup(`<${name}${listed.join("")}>${inner.join("")}</${name}>`);
}

/** A picture in SVG that reads its description out. */
export function picture(
  { width, height, description }: { readonly width: number; readonly height: number; readonly description: string },
  ...children: readonly Child[]
): Markup {
  const attributes = { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": description };
  return element("svg", attributes, element("title", {}, description), ...children);
}

/** A table in a frame that scrolls. The first cell of a line is its head. */
export function dataTable(head: readonly string[], lines: readonly (readonly Child[])[]): Markup {
  const headings = head.map((text) => element("th", { scope: "col" }, text));
  const body = lines.map(([first = "", ...rest]) =>
    element("tr", {}, element("th", { scope: "row" }, first), ...rest.map((cell) => element("td", {}, cell))),
  );
  const table = element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...headings)),
    element("tbody", {}, ...body),
  );
  return element("div", { class: "scroll" }, table);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
