import { fixed, milliseconds, significant } from "../../report/numbers.ts";
import type { Style } from "../../report/style.ts";
import type { AbsentRow, BackendRow, BackendsSection } from "../compute/backends.ts";
import { paragraph, sectionTable } from "./layout.ts";

/** Section 6 as text. */
export function renderBackends({ rows }: BackendsSection, style: Style): string {
  const there = rows.filter((row) => row.available);
  const absent = rows.filter((row) => !row.available);
  const notes = absent.map((row) => absentRow(row, style));
  const cpu = there.find(({ name }) => name === "cpu");
  return [
    sectionTable(
      there.map((row) => rowOf(row, cpu, style)),
      style,
      {
        head: ["backend", "threads", "loss", "index", "", "probabilities", "", "with gradient", ""],
        align: ["left", ...Array<"right">(8).fill("right")],
      },
    ),
    ...(notes.length > 0 ? ["\n", sectionTable(notes, style)] : []),
    "\n",
    paragraph(
      style.dim("Milliseconds, and the speed-up over cpu. With gradient: indices, loss and gradient in one call."),
    ),
  ].join("");
}

function rowOf(row: BackendRow, cpu: BackendRow | undefined, style: Style): string[] {
  const { name, threads, software, indices } = row;
  const times = (["indices", "probabilities", "withGrad"] as const).flatMap((way) => {
    const { milliseconds: taken } = row[way];
    const speedUp = cpu === undefined || cpu === row ? "" : `${significant(cpu[way].milliseconds / taken, 2)}×`;
    return [milliseconds(taken), style.strong(speedUp)];
  });
  const where = software ? "software" : (threads?.toString() ?? "");
  return [name, where, style.strong(fixed(indices.value)), ...times];
}

function absentRow({ name, reason }: AbsentRow, style: Style): string[] {
  return [style.dim(name), style.dim(reason)];
}
