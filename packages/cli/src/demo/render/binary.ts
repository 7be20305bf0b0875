import { fixed } from "../../report/numbers.ts";
import type { Style } from "../../report/style.ts";
import type { BinarySection } from "../compute/binary.ts";
import { paragraph, sectionTable } from "./layout.ts";

/** Section 2 as text. */
export function renderBinary({ cases }: BinarySection, style: Style): string {
  const rows = cases.map(({ y, p, pt, byLogs, byPt, fromProbabilities, fromLogits }) => [
    String(y),
    fixed(p, 2),
    fixed(pt, 2),
    fixed(byLogs),
    fixed(byPt),
    style.strong(fixed(fromProbabilities)),
    style.strong(fixed(fromLogits)),
  ]);
  return [
    paragraph("A = −[y log p + (1 − y) log(1 − p)]"),
    paragraph("B = −log p_t   with p_t = p if y = 1, else 1 − p"),
    "\n",
    sectionTable(rows, style, {
      head: ["y", "p", "p_t", "A", "B", "binaryCrossEntropy", "…WithLogits"],
      align: ["right", "right", "right", "right", "right", "right", "right"],
    }),
    "\n",
    paragraph(style.dim("…WithLogits is given log(p / (1 − p)) instead of p.")),
  ].join("");
}
