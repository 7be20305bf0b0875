import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bench } from "./bench.ts";
import { CASES } from "./cases.ts";
import type { Contestant } from "./contestant.ts";
import { coreCpu } from "./contestants/core-cpu.ts";
import { carefulLoop } from "./contestants/careful-loop.ts";
import { runCase } from "./run-case.ts";

const folder = mkdtempSync(join(tmpdir(), "bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const text = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr"): { write(written: string): void } => ({
    write(written) {
      text[name] += written;
    },
  });
  const code = await bench(args, { stdout: into("stdout"), stderr: into("stderr") });
  return { code, ...text };
}

test("a small case from end to end: table, checksum, figures", async () => {
  const file = join(folder, "figures.json");
  const { code, stdout } = await run("--case", "tiny", "--rounds", "2", "--json", file);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\| case +\| pass +\| cpu +\| cpu, GB\/s +\| careful loop +\| careful loop \/ cpu \|$/m);
  expect(stdout).toMatch(/^\| tiny \[3, 2\] \| forward +\| [\d.]+ µs \([\d.]+ – [\d.]+\) +\|/m);
  expect(stdout).toMatch(/Checksum [\d.]+\./);
  const figures: unknown = JSON.parse(readFileSync(file, "utf8"));
  const times = expect.arrayContaining([expect.any(Number), expect.any(Number)]) as unknown;
  const contestants = [
    expect.objectContaining({ name: "cpu", ratio: 1, times }) as unknown,
    expect.objectContaining({ name: "careful loop", times }) as unknown,
  ];
  expect(figures).toMatchObject({
    rounds: 2,
    rows: [
      { case: "tiny", shape: [3, 2], pass: "forward", contestants },
      { case: "tiny", shape: [3, 2], pass: "gradient", contestants },
    ],
  });
});

test.each([
  { args: ["--case", "huge"], says: CASES.map(({ id }) => id).join(", ") },
  { args: ["--rounds", "0"], says: "at least 1" },
  { args: ["--rounds", "many"], says: "many" },
  { args: ["--json", join(folder, "nowhere", "x.json")], says: "no folder" },
  { args: ["--speed"], says: "--speed" },
  { args: ["tiny"], says: "tiny" },
])("mistake on the command line: $args", async ({ args, says }) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(says);
});

test("help lists every case", async () => {
  const { code, stdout } = await run("--help");
  expect(code).toBe(0);
  for (const { id } of CASES) expect(stdout).toContain(`  ${id} `);
});

test("a contestant with a wrong result gets no time", async () => {
  const wrong: Contestant = {
    name: "wrong",
    async prepare(data) {
      const right = await coreCpu.prepare(data);
      return { ...right, run: async (pass) => ({ ...(await right.run(pass)), loss: 1 }) };
    },
  };
  const small = { id: "small", shape: [3, 2], target: "indices", calls: 2, about: "small" } as const;
  const options = { contestants: [coreCpu, wrong], reference: carefulLoop, rounds: 1 };
  await expect(runCase(small, options)).rejects.toThrow(/^small, forward, wrong: loss must be /);
});
