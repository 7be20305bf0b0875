import { parseHTML } from "linkedom";

// The page is a document's elements rather than text: what is put in as text stays text.

/** The document that elements belong to. */
export const document: Document = parseHTML("<!doctype html><html><body></body></html>").document;

/** What goes into an element. */
export type Child = Element | string;

/** An element with attributes and children. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): Element {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A heading with what follows it. */
export function section(id: string, title: string, ...children: readonly Child[]): Element {
  return element(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    element("h2", { id: `${id}-title` }, title),
    ...children,
  );
}

/** A table in a frame that scrolls. The first cell of a line is its head. */
export function table(head: readonly string[], lines: readonly (readonly string[])[]): Element {
  const headings = head.map((text) => element("th", { scope: "col" }, text));
  const body = lines.map(([first = "", ...rest]) =>
    element("tr", {}, element("th", { scope: "row" }, first), ...rest.map((text) => element("td", {}, text))),
  );
  const made = element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...headings)),
    element("tbody", {}, ...body),
  );
  return element("div", { class: "scroll" }, made);
}
