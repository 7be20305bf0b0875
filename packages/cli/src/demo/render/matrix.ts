import { fixed, shapeText } from "../../report/numbers.ts";
import type { Style } from "../../report/style.ts";
import type { Losses, MatrixSection, Shown } from "../compute/matrix.ts";
import { paragraph, sectionTable } from "./layout.ts";

/** Section 4 as text. */
export function renderMatrix(section: MatrixSection, style: Style): string {
  const { logits, target, oneHot, logSoftmax, losses, gradient } = section;
  return [
    tensors({ logits, target, "oneHot(target)": oneHot }, style),
    "\n",
    tensors({ "logSoftmax(logits)": logSoftmax, "crossEntropyWithGrad(logits, target).grad": gradient }, style),
    "\n",
    sectionTable(
      losses.map((each) => rowOf(each, style)),
      style,
      {
        head: ["reduction", "composed", "crossEntropy"],
        align: ["left", "right", "right"],
      },
    ),
    "\n",
    paragraph(style.dim("Composed: −(oneHot · logSoftmax).sum(1), then mean or sum, in plain loops over the arrays.")),
  ].join("");
}

/** Tensors side by side, each under its name and shape. */
function tensors(shown: Readonly<Record<string, Shown>>, style: Style): string {
  const titles = Object.entries(shown).map(([name, { shape }]) => `${style.dim(name)}  ${shapeText(shape)}`);
  return sectionTable([titles, Object.values(shown).map(({ text }) => text)], style, { gap: 6 });
}

function rowOf({ reduction, composed, builtIn }: Losses, style: Style): string[] {
  return [reduction, column(composed), builtIn.map((loss) => style.strong(fixed(loss))).join("\n")];
}

function column(losses: readonly number[]): string {
  return losses.map((loss) => fixed(loss)).join("\n");
}
