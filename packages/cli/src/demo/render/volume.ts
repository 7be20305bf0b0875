import { count, fixed, milliseconds, shapeText } from "../../report/numbers.ts";
import type { Style } from "../../report/style.ts";
import type { VolumeSection } from "../compute/volume.ts";
import type { Timed } from "../timing.ts";
import { RUNS } from "../volume.ts";
import { paragraph, sectionTable } from "./layout.ts";

/** Section 5 as text. */
export function renderVolume(section: VolumeSection, style: Style): string {
  const { tensors, permutedIsView, rows, composed, indices, probabilities } = section;
  const made = tensors.map(({ expression, shape, dtype }, i) => {
    const note = i < tensors.length - 1 ? "" : permutedIsView ? "a view" : "a copy";
    return [expression, shapeText(shape), dtype, style.dim(note)];
  });
  const losses = [
    ["Composed: −(oneHot · logSoftmax).sum(1).mean()", fixed(composed.value), milliseconds(composed.milliseconds)],
    ["crossEntropy(logits, target)", ...builtIn(indices, style)],
    ["crossEntropy(logits, probabilities)", ...builtIn(probabilities, style)],
  ];
  return [
    sectionTable(made, style, { head: ["tensor", "shape", "dtype", ""] }),
    "\n",
    sectionTable(losses, style, { head: ["", "loss", "ms"], align: ["left", "right", "right"] }),
    "\n",
    paragraph(
      style.dim(`${count(rows)} rows on one core, best of ${RUNS} runs; composing includes the one-hot encoding.`),
    ),
  ].join("");
}

function builtIn({ value, milliseconds: time }: Timed<number>, style: Style): [string, string] {
  return [style.strong(fixed(value)), milliseconds(time)];
}
