import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Expected, replay } from "./replay.ts";
import type { VectorCase } from "./vectors.ts";

// Every golden vector of real PyTorch, twice: as it is under `compat: "torch"`, and under the default policy, where the
// declared corners (docs/semantics.md) may differ and nothing else may.

const FOLDER = new URL("../vectors/", import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".json") && name !== "manifest.json");

function casesOf(file: string): readonly VectorCase[] {
  return (JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as { cases: readonly VectorCase[] }).cases;
}

describe.each(FILES)("%s", (file) => {
  const cases = casesOf(file);

  test.each<Expected>(["torch", "default"])("agrees with PyTorch, policy %s", async (policy) => {
    const findings: string[] = [];
    let compared = 0;
    for (const vector of cases) {
      const result = await replay(vector, policy);
      compared += result.compared;
      findings.push(...result.findings);
    }
    expect(findings).toEqual([]);
    expect(compared).toBeGreaterThan(0);
  });
});

test("the vectors are those of the manifest", () => {
  const manifest = JSON.parse(readFileSync(new URL("manifest.json", FOLDER), "utf8")) as {
    files: Record<string, { cases: number }>;
  };
  expect(Object.keys(manifest.files).toSorted()).toEqual(FILES.toSorted());
  for (const [file, { cases }] of Object.entries(manifest.files)) expect(casesOf(file).length).toBe(cases);
});
