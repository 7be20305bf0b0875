import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { PASSES } from "../cases.ts";
import { writeInputs } from "../files.ts";
import { startEntrant } from "../run/entrant-process.ts";
import { complaintAbout, LIMIT, resultOfProcess, small, SMALL } from "./small-cases.ts";
import { WEBGPU_PEERS } from "./webgpu.ts";

const folder = mkdtempSync(join(tmpdir(), "webgpu-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each([...WEBGPU_PEERS])("$name", (entrant) => {
  const process = startEntrant(entrant, ["--conditions=@surprisal/source"]);
  afterAll(async () => process.stop());

  test("says what it is, and on which adapter", async () => {
    const { facts } = await process.ask({ do: "describe" }, LIMIT);
    expect(facts).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+/) as unknown,
      adapter: expect.stringMatching(/\w/) as unknown,
      browser: expect.stringMatching(/^Chromium \d+\./) as unknown,
    });
  });

  test.each(SMALL.flatMap((benchCase) => PASSES.map((pass) => ({ benchCase, pass }))))(
    "$benchCase.id, $pass",
    async ({ benchCase, pass }) => {
      const result = await resultOfProcess(process, folder, benchCase, pass);
      expect(await complaintAbout(result, benchCase, pass)).toBeUndefined();
    },
  );

  test("an extreme logit gives a finite loss", async () => {
    const benchCase = small("cross-entropy", [2, 3], "indices");
    const logits = { shape: [2, 3], values: Float32Array.of(200, 0, -200, 1e4, 1e4 + 1, 1e4 - 1) };
    const target = { shape: [2], values: Int32Array.of(2, 0) };
    const inputs = writeInputs({ benchCase, inputs: { logits, target } }, folder);
    await process.ask({ do: "prepare", benchCase, inputs }, LIMIT);
    const { used } = await process.ask({ do: "run", pass: "gradient", calls: 1 }, LIMIT);
    expect(used).toBeCloseTo((400 + Math.log(Math.exp(-1) + 1 + Math.exp(-2)) + 1) / 2, 3);
  });
});
