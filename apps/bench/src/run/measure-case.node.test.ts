import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { BenchCase } from "../cases.ts";
import { referenceOf } from "../check/reference.ts";
import type { Entrant } from "../contestant.ts";
import { ENTRANTS } from "../contestants/all.ts";
import { makeData } from "../data.ts";
import { startEntrant } from "./entrant-process.ts";
import { type CaseResult, measureCase } from "./measure-case.ts";

const ODD = fileURLToPath(new URL("fixtures/odd.ts", import.meta.url));
const benchCase: BenchCase = {
  id: "small",
  kind: "cross-entropy",
  shape: [3, 2],
  target: "indices",
  calls: 2,
  about: "small",
};
const reference = await referenceOf(makeData(benchCase));
const loss = String(reference["loss"]?.values[0] ?? 0);

function odd(manner: string): Entrant {
  return { name: manner, role: "peer", command: [process.execPath, ODD, manner, loss] };
}

async function measure(entrants: readonly Entrant[], callLimit?: number): Promise<CaseResult> {
  const start = (entrant: Entrant): ReturnType<typeof startEntrant> =>
    startEntrant(entrant, ["--conditions=@surprisal/source"]);
  return measureCase(benchCase, { entrants, rounds: 2, start, ...(callLimit !== undefined && { callLimit }) });
}

test("modules are measured, each in a process of its own", async () => {
  const entrants = ENTRANTS.filter(({ role }) => role !== "peer");
  const { measured, facts, checksum } = await measure(entrants);
  expect(measured.map(({ entrant, pass }) => [entrant, pass])).toEqual(
    entrants.flatMap(({ name }) => [
      [name, "forward"],
      [name, "gradient"],
    ]),
  );
  const times = [expect.any(Number), expect.any(Number)] as unknown;
  for (const each of measured) expect(each).toMatchObject({ status: "timed", exact: true, times });
  expect(facts["cpu"]).toMatchObject({ backend: "cpu" });
  expect(checksum).toBeCloseTo(Number(loss) * measured.length * 2, 4);
});

const FAILURES = [
  { manner: "absent", status: "failed", says: "exit code 3: ModuleNotFoundError: No module named 'abacus'" },
  { manner: "refuses", status: "refused", says: "not on Sundays" },
  { manner: "lies", status: "wrong", says: "loss[0] must be" },
  { manner: "crashes", status: "failed", says: "SIGSEGV" },
  { manner: "hangs", status: "slow", says: "no answer within 2 s" },
  { manner: "babbles", status: "failed", says: "loading…" },
  { manner: "wavers", status: "wrong", says: "once and" },
] as const;

test("whatever goes wrong is told with its reason, and the others are measured", async () => {
  const missing: Entrant = { name: "missing", role: "peer", command: ["no-such-program"] };
  const broken: Entrant = { name: "nobody", role: "peer", load: async () => Promise.reject(new Error("never asked")) };
  const homeless: Entrant = { name: "homeless", role: "peer", page: "contestants/homeless.ts" };
  const all = [...FAILURES.map(({ manner }) => odd(manner)), missing, broken, homeless, odd("steady"), odd("rounds")];
  const { measured } = await measure(all, 2000);
  const forward = new Map(measured.filter(({ pass }) => pass === "forward").map((each) => [each.entrant, each]));
  for (const { manner, status, says } of FAILURES) {
    expect(forward.get(manner)).toMatchObject({ status, reason: expect.stringContaining(says) as unknown });
  }
  const told = expect.stringContaining("no-such-program") as unknown;
  expect(forward.get("missing")).toMatchObject({ status: "failed", reason: told });
  expect(forward.get("nobody")).toMatchObject({ status: "failed" });
  const unresolved = expect.stringContaining('Could not resolve "./contestants/homeless.ts"') as unknown;
  expect(forward.get("homeless")).toMatchObject({ status: "failed", reason: unresolved });
  expect(forward.get("steady")).toMatchObject({ status: "timed", exact: true, times: [1, 1], peakBytes: undefined });
  expect(forward.get("rounds")).toMatchObject({ status: "timed", exact: false });
  const gradient = measured.find(({ entrant, pass }) => entrant === "steady" && pass === "gradient");
  expect(gradient).toMatchObject({ status: "failed", reason: "no gradients here" });
});
