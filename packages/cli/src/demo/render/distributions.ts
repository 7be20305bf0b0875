import { fixed, shapeText } from "../../report/numbers.ts";
import type { Style } from "../../report/style.ts";
import type { DistributionsSection } from "../compute/distributions.ts";
import { paragraph, sectionTable } from "./layout.ts";

/** Section 1 as text. */
export function renderDistributions({ p, q, quantities }: DistributionsSection, style: Style): string {
  const rows = quantities.map(({ symbol, formula, call, byFormula, nats, bits }) => [
    symbol,
    formula,
    fixed(byFormula),
    style.strong(fixed(nats)),
    fixed(bits),
    style.dim(call),
  ]);
  return [
    paragraph(`p = ${shapeText(p)}   q = ${shapeText(q)}`),
    "\n",
    sectionTable(rows, style, {
      head: ["", "", "by formula", "nats", "bits", "call"],
      align: ["left", "left", "right", "right", "right", "left"],
    }),
    "\n",
    paragraph(
      style.dim("H(p): the mean surprise −log p. H(p, q): the same where q was expected. KL: what that costs."),
    ),
  ].join("");
}
