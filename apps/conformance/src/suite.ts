import type { Case } from "./case.ts";
import { FAMILIES } from "./cases/all.ts";
import { recordedCases } from "./recorded/cases.ts";
import { recordedVectors } from "./recorded/files.ts";
import { UsageError } from "./usage-error.ts";

/** Every case of the suite: generated ones, and the answers of PyTorch and ONNX that are recorded. */
export async function allCases(): Promise<readonly Case[]> {
  const generated = FAMILIES.flatMap((family) => family.cases());
  return [...generated, ...recordedCases(await recordedVectors())];
}

/**
 * The cases of an address: that case, whether or not it is on the list, or all on the list whose addresses start with it. A `*`
 * stands for anything.
 * @throws UsageError where there is none, with the addresses that come closest
 */
export async function casesAt(address: string): Promise<readonly Case[]> {
  const all = await allCases();
  const same = all.filter((each) => each.address === address);
  if (same.length > 0) return same;
  const pattern = new RegExp(`^${address.split("*").map(escaped).join(".*")}`, "u");
  const matching = all.filter((each) => pattern.test(each.address));
  if (matching.length > 0) return matching;
  return [caseOf(address)];
}

/** Makes the case that an address of a family stands for. */
export function caseOf(address: string): Case {
  const name = (address.split(":")[0] ?? "").split("/")[0];
  const family = FAMILIES.find((each) => each.name === name);
  if (family === undefined) {
    const known = FAMILIES.map((each) => each.name).join(", ");
    throw new UsageError(
      `no case has the address "${address}"; families are ${known}, torch/… and onnx/… are recorded`,
    );
  }
  const parameters = family.parse(address);
  if (!family.allows(parameters)) throw new UsageError(`${address}: ${family.operation} has no such combination`);
  return family.make(parameters);
}

/** Every so manieth case, in a fixed order that keeps all families in: what is quick enough to run with the unit tests. */
export function sample(cases: readonly Case[], every: number): readonly Case[] {
  return cases.filter((_, i) => i % every === 0);
}

function escaped(text: string): string {
  return text.replaceAll(/[.+?^${}()|[\]\\/]/gu, String.raw`\$&`);
}
