import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { ConformanceReport } from "../report/report.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), "conformance-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));

function run(...args: readonly string[]): {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
} {
  const options = { cwd: FOLDER, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } } as const;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=@surprisal/source", MAIN, ...args],
    options,
  );
  return { status, out: stdout, err: stderr };
}

describe("pnpm conformance", () => {
  test("judges a case, and leaves a report as JSON and as a page", () => {
    const address = "cross-entropy/index/mean:shape=2x5x3;smoothing=0.1";
    const { status, out } = run(address, "--lane", "node-cpu", "--json", "report.json", "--html", "deep/report.html");
    expect(out).toContain("1 case passed");
    expect(status).toBe(0);
    const report = JSON.parse(readFileSync(join(FOLDER, "report.json"), "utf8")) as ConformanceReport;
    expect(report.lanes[0]?.totals).toMatchObject({ cases: 1, passed: 1 });
    expect(readFileSync(join(FOLDER, "deep/report.html"), "utf8")).toContain("<!doctype html>");
  });

  test("soaks for a given time, from a given seed", () => {
    const { status, out } = run("--mode", "soak", "--seconds", "1", "--seed", "5");
    expect(out).toMatch(/✓ node-cpu +\d+ cases passed/);
    expect(status).toBe(0);
  });

  test.each([
    [["no-such-family:shape=2x3", "--lane", "node-cpu"], "no case has the address"],
    [["--lane", "node-abacus"], "no lane"],
    [["--mode", "guess"], "Allowed choices are"],
    [["--seconds", "soon"], "must be a whole number"],
  ])("%j is refused: %s", (args, message) => {
    const { status, err } = run(...args);
    expect(err).toContain(message);
    expect(err).not.toContain("    at "); // a sentence, not a stack
    expect(status).toBe(2);
  });
});
