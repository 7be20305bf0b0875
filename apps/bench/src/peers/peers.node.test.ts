import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { CASES, PASSES } from "../cases.ts";
import { type EntrantProcess, startEntrant } from "../run/entrant-process.ts";
import { PEERS } from "./all.ts";
import { complaintAbout, LIMIT, resultOf, resultOfProcess, small, SMALL } from "./small-cases.ts";

const modules = PEERS.flatMap((peer) => ("load" in peer ? [peer] : []));

describe.each(modules)("$name", ({ name, threads = 1, load }) => {
  test("is what the list says", async () => {
    const contestant = await load();
    expect(contestant.name).toBe(name);
    expect(await contestant.describe()).toMatchObject({ version: expect.stringMatching(/^\d+\./) as string, threads });
  });

  test.each(SMALL.flatMap((benchCase) => PASSES.map((pass) => ({ benchCase, pass }))))(
    "$benchCase.id, $pass",
    async ({ benchCase, pass }) => {
      const contestant = await load();
      expect(contestant.refuses?.(benchCase)).toBeUndefined();
      const result = await resultOf(contestant, benchCase, pass);
      expect(await complaintAbout(result, benchCase, pass)).toBeUndefined();
    },
  );

  test("an extreme logit gives a finite loss", async () => {
    const contestant = await load();
    const benchCase = small("cross-entropy", [2, 3], "indices");
    const logits = { shape: [2, 3], values: Float32Array.of(200, 0, -200, 1e4, 1e4 + 1, 1e4 - 1) };
    const inputs = { logits, target: { shape: [2], values: Int32Array.of(2, 0) } };
    const prepared = await contestant.prepare({ benchCase, inputs });
    const outcome = await prepared.run("gradient");
    expect(outcome.used).toBeCloseTo((400 + Math.log(Math.exp(-1) + 1 + Math.exp(-2)) + 1) / 2, 3);
    outcome.release();
    prepared.dispose();
  });
});

test("what takes seconds a call in plain loops is refused with its reason", async () => {
  const cpu = await modules.find(({ name }) => name === "TensorFlow.js cpu")?.load();
  const refused = CASES.filter((benchCase) => cpu?.refuses?.(benchCase) !== undefined).map(({ id }) => id);
  expect(refused).toEqual(CASES.map(({ id }) => id).filter((id) => !["imagenet", "tiny", "softmax"].includes(id)));
});

const MISSING = /could not be started: .*python3|PyTorch is not installed for .*: No module named/;

describe("PyTorch", () => {
  const folder = mkdtempSync(join(tmpdir(), "peers-"));
  const entrant = PEERS.find(({ name }) => name === "PyTorch, 2 threads");
  if (entrant === undefined) throw new RangeError("PyTorch is not in the list");
  const process: EntrantProcess = startEntrant(entrant);
  afterAll(async () => {
    await process.stop();
    rmSync(folder, { recursive: true });
  });

  test("every small case, or the reason why there is none", async () => {
    const problem = await process.ask({ do: "describe" }, LIMIT).then(() => undefined, String);
    expect([undefined, expect.stringMatching(MISSING)]).toContainEqual(problem);
    if (problem !== undefined) return;
    for (const benchCase of SMALL) {
      for (const pass of PASSES) {
        const result = await resultOfProcess(process, folder, benchCase, pass);
        expect(await complaintAbout(result, benchCase, pass), `${benchCase.id}, ${pass}`).toBeUndefined();
      }
    }
  });
});

test("without PyTorch every answer is the reason", async () => {
  const [python = "", ...rest] = PEERS.flatMap((peer) => ("command" in peer ? [peer.command] : []))[0] ?? [];
  const process = startEntrant({ name: "none", role: "peer", command: [python, "-S", ...rest] }); // no site's modules
  for (const request of [{ do: "describe" }, { do: "dispose" }] as const) {
    const says = await process.ask(request, 30_000).catch(String);
    expect(says).toMatch(MISSING);
  }
  await process.stop();
});

test("names are unique", () => {
  expect(new Set(PEERS.map(({ name }) => name)).size).toBe(PEERS.length);
});
