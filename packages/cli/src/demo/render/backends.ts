import { fixed, milliseconds } from "../../report/numbers.ts";
import type { Style } from "../../report/style.ts";
import type { AbsentRow, BackendRow, BackendsSection } from "../compute/backends.ts";
import { paragraph, sectionTable } from "./layout.ts";

/** Section 6 as text. */
export function renderBackends({ rows }: BackendsSection, style: Style): string {
  const there = rows.filter((row) => row.available);
  const absent = rows.filter((row) => !row.available);
  const notes = absent.map((row) => absentRow(row, style));
  return [
    sectionTable(
      there.map((row) => rowOf(row, style)),
      style,
      {
        head: ["backend", "loss", "index ms", "probabilities ms", "with gradient ms"],
        align: ["left", "right", "right", "right", "right"],
      },
    ),
    ...(notes.length > 0 ? ["\n", sectionTable(notes, style)] : []),
    "\n",
    paragraph(style.dim("With gradient: class indices, loss and gradient in one call.")),
  ].join("");
}

function rowOf({ name, indices, probabilities, withGrad }: BackendRow, style: Style): string[] {
  const times = [indices, probabilities, withGrad].map((each) => milliseconds(each.milliseconds));
  return [name, style.strong(fixed(indices.value)), ...times];
}

function absentRow({ name, reason }: AbsentRow, style: Style): string[] {
  return [style.dim(name), style.dim(reason)];
}
