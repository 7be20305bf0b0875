import type { CaseData } from "../contestant.ts";
import { carefulLoop } from "../contestants/careful-loop.ts";
import { expected, type Reference } from "./expected.ts";
import { linearReference } from "./linear-reference.ts";

/** What every result of a case is checked against: the careful loop's, and a loop in f64 for linear. */
export async function referenceOf(data: CaseData): Promise<Reference> {
  if (data.benchCase.kind === "linear") return linearReference(data);
  const prepared = await carefulLoop.prepare(data);
  const outputs = await (await prepared.run("gradient")).outputs();
  return Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, expected(values)]));
}
