// HTML that is escaped by default. What is put into a template is text, unless a template made it.

// A symbol, because no JSON holds one: nothing that a report was read from can pass itself off as markup.
const MARKUP: unique symbol = Symbol("markup");

/** HTML that is safe to put into a page. */
export interface Markup {
  readonly [MARKUP]: string;
}

/** What fits into a template: text is escaped, `undefined` is nothing, a list is its parts one after the other. */
export type Content = Markup | string | number | undefined | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** The template tag: escapes all that is put in, for text and for attributes in quotes. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return trusted(strings.map((part, i) => part + written(contents[i])).join(""));
}

/** Text taken as HTML without a look: for what this program made itself. */
export function trusted(text: string): Markup {
  return { [MARKUP]: text };
}

/** The HTML as text. */
export function source(markup: Markup): string {
  return markup[MARKUP];
}

/** A long address that may break after each `/`, and copies without the breaks. */
export function breakable(text: string): Markup {
  const parts = text.split(/(?<=\/)/);
  return html`${parts.map((part, i) => (i === 0 ? part : html`<wbr />${part}`))}`;
}

function written(content: Content): string {
  if (content === undefined) return "";
  if (typeof content === "string" || typeof content === "number") return escaped(String(content));
  return MARKUP in content ? content[MARKUP] : content.map(written).join("");
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
