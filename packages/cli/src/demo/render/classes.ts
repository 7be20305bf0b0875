import { fixed, shapeText } from "../../report/numbers.ts";
import type { Style } from "../../report/style.ts";
import type { ClassesSection, ClassTerms } from "../compute/classes.ts";
import { paragraph, sectionTable } from "./layout.ts";

/** Section 3 as text. */
export function renderClasses(section: ClassesSection, style: Style): string {
  const { logits, target, classes, binary, categorical } = section;
  const sums = [
    ["−Σ [y log p + (1 − y) log(1 − p)]", ...both(binary, style), style.dim("binaryCrossEntropy(p, y), sum")],
    ["−Σ y log p", ...both(categorical, style), style.dim("crossEntropy(logits, target)")],
  ];
  return [
    paragraph(`logits ${shapeText(logits)}   p = softmax(logits)   y = oneHot(target), target ${target}`),
    "\n",
    sectionTable(classes.map(rowOf), style, {
      head: ["class", "y", "p", "y log p", "(1 − y) log(1 − p)"],
      align: ["right", "right", "right", "right", "right"],
    }),
    "\n",
    sectionTable(sums, style, {
      head: ["", "by formula", "library", "call"],
      align: ["left", "right", "right", "left"],
    }),
    "\n",
    paragraph(
      style.dim("Categorical cross entropy keeps only y log p: wrong classes count through the softmax alone."),
    ),
  ].join("");
}

function rowOf({ y, p, positive, negative }: ClassTerms, j: number): string[] {
  return [String(j), String(y), fixed(p), fixed(positive), fixed(negative)];
}

function both({ byFormula, builtIn }: ClassesSection["binary"], style: Style): [string, string] {
  return [fixed(byFormula), style.strong(fixed(builtIn))];
}
