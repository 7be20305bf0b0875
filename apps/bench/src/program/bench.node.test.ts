import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { LINEAR_CASES } from "../cases-linear.ts";
import { WEBGPU_CASES } from "../cases-webgpu.ts";
import { CASES } from "../cases.ts";
import { ENTRANTS } from "../contestants/all.ts";
import { EVAL_CONTESTANTS } from "../eval/eval-contestants.ts";
import { EVAL_FORMATS } from "../eval/eval-files.ts";
import { LINEAR_ENTRANTS } from "../contestants/linear.ts";
import { WEBGPU_ENTRANTS } from "../contestants/webgpu.ts";
import { bench } from "./bench.ts";
import { casesOf, entrantsOf } from "./options.ts";

/** Of another process only Linux tells it. */
const KNOWN_MEMORY = process.platform === "linux" && { peakBytes: expect.any(Number) as unknown };

const folder = mkdtempSync(join(tmpdir(), "bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const text = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr"): { write(written: string): void } => ({
    write(written) {
      text[name] += written;
    },
  });
  const nodeArguments = ["--conditions=@surprisal/source"];
  const code = await bench(args, { stdout: into("stdout"), stderr: into("stderr"), nodeArguments });
  return { code, ...text };
}

test("a small case from end to end: text, figures", async () => {
  const file = join(folder, "figures.json");
  const { code, stdout } = await run("--case", "tiny", "--rounds", "2", "--json", file);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^tiny \[3, 2\], forward \+ gradient$/m);
  expect(stdout).toMatch(/^ {2}careful loop +[\d.]+ µs \([\d.]+ – [\d.]+\) +[\d.]+× /m);
  expect(stdout).toMatch(/Checksum [\d.]+\./);
  const figures: unknown = JSON.parse(readFileSync(file, "utf8"));
  const present = ENTRANTS.filter(({ role }) => role !== "peer");
  const standings = present.map(({ name }) => expect.objectContaining({ name, status: "timed" }) as unknown);
  expect(figures).toMatchObject({
    rounds: 2,
    bandwidth: [{ threads: 1 }, { threads: 2 }],
    rows: [
      { case: { id: "tiny" }, pass: "forward", standings },
      { case: { id: "tiny" }, pass: "gradient", standings },
    ],
  });
});

test("a page of Chromium from end to end: text, figures", async () => {
  const file = join(folder, "webgpu.json");
  const { code, stdout } = await run("--webgpu", "--case", "page-short", "--rounds", "1", "--json", file);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^page-short \[4096, 64\], forward \+ gradient$/m);
  expect(stdout).toContain("Adapter: ");
  expect(stdout).not.toMatch(/limit|GB\/s read/);
  const standings = [{ name: "gpu", status: "timed", exact: true }];
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
    where: "webgpu",
    bandwidth: [],
    entrants: [{ name: "gpu", facts: { backend: "gpu", adapter: expect.any(String) as unknown } }],
    rows: [
      { pass: "forward", standings },
      { pass: "gradient", standings },
    ],
  });
});

test("files of every format from end to end: text, figures", async () => {
  const file = join(folder, "eval.json");
  const args = ["--eval", "--bytes", "400000", "--backend", "wasm", "--rounds", "1", "--json", file];
  const { code, stdout } = await run(...args);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^\.npy \[100, 1000\], 0\.401 MB +in memory +wasm +[\d.]+ ms +±0 % +[\d.]+ ms +[\d.]+ MB\/s +[\d.]+ % /m,
  );
  const timed = expect.objectContaining({ status: "timed", ...KNOWN_MEMORY }) as unknown;
  const standings = [timed, timed];
  const { rows } = JSON.parse(readFileSync(file, "utf8")) as { rows: { files: { format: string }; state: string }[] };
  expect(rows.filter(({ state }) => state === "warm")).toMatchObject(
    EVAL_FORMATS.map((format) => ({ files: { format }, standings })),
  );
});

test("Ctrl-C while files are evaluated leaves nothing behind", async () => {
  const scratch = mkdtempSync(join(folder, "scratch-"));
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@surprisal/source", main, "--eval", "--case", "csv"], {
    env: { ...process.env, TMPDIR: scratch },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "close");
  let stderr = "";
  for await (const text of child.stderr.setEncoding("utf8")) {
    stderr += String(text);
    if (stderr === "csv …\n") child.kill("SIGINT");
  }
  expect(await ended).toEqual([130, null]);
  expect(stderr).toBe("csv …\nbench: interrupted\n");
  expect(readdirSync(scratch)).toEqual([]);
});

test.each([
  { args: ["--webgpu", "--case", "tiny"], says: WEBGPU_CASES.map(({ id }) => id).join(", ") },
  { args: ["--webgpu", "--backend", "wasm"], says: "wasm" },
  { args: ["--case", "huge"], says: CASES.map(({ id }) => id).join(", ") },
  { args: ["--backend", "abacus"], says: "abacus" },
  { args: ["--peers", "abacus"], says: "abacus" },
  { args: ["--rounds", "0"], says: "at least 1" },
  { args: ["--rounds", "many"], says: "many" },
  { args: ["--json", join(folder, "nowhere", "x.json")], says: "no folder" },
  { args: ["--linear", "--case", "tiny"], says: LINEAR_CASES.map(({ id }) => id).join(", ") },
  { args: ["--linear", "--webgpu"], says: "cannot be used with" },
  { args: ["--eval", "--case", "tiny"], says: EVAL_FORMATS.join(", ") },
  { args: ["--eval", "--linear"], says: "cannot be used with" },
  { args: ["--eval", "--bytes", "1e18"], says: "must be a whole number" },
  { args: ["--eval", "--bytes", "1000000000000000"], says: "GB required in" },
  { args: ["--bytes", "1000"], says: "--bytes is an option of --eval" },
  { args: ["--speed"], says: "--speed" },
  { args: ["tiny"], says: "too many arguments" },
])("mistake on the command line: $args", async ({ args, says }) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(says);
});

test("help lists every case and every contestant", async () => {
  const { code, stdout } = await run("--help");
  expect(code).toBe(0);
  for (const { id } of [...CASES, ...LINEAR_CASES, ...WEBGPU_CASES]) expect(stdout).toContain(`  ${id} `);
  for (const { name } of [...ENTRANTS, ...LINEAR_ENTRANTS, ...WEBGPU_ENTRANTS, ...EVAL_CONTESTANTS])
    expect(stdout).toContain(`  ${name} `);
});

test("peers take part when asked for, backends all or by name", () => {
  const roles = (flags: Parameters<typeof entrantsOf>[0]): Set<string> =>
    new Set(entrantsOf(flags).map(({ role }) => role));
  expect(roles({ rounds: 1 })).toEqual(new Set(["ours", "loop"]));
  expect(entrantsOf({ rounds: 1, peers: true })).toHaveLength(ENTRANTS.length);
  expect(entrantsOf({ rounds: 1, backend: ["CPU"] }).map(({ name }) => name)).toContain("cpu");
});

test("the linear layer is measured on each backend of ours, in one step and in two", () => {
  expect(casesOf({ rounds: 1, linear: true })).toBe(LINEAR_CASES);
  expect(entrantsOf({ rounds: 1, linear: true }).map(({ name }) => name)).toEqual(
    expect.arrayContaining(["cpu", "wasm", "gpu", "cpu, two steps", "wasm, two steps", "gpu, two steps"]),
  );
  expect(entrantsOf({ rounds: 1, linear: true, peers: true })).toHaveLength(LINEAR_ENTRANTS.length);
});

test("cases and contestants on WebGPU are others", () => {
  expect(casesOf({ rounds: 1 })).toBe(CASES);
  expect(casesOf({ rounds: 1, webgpu: true })).toBe(WEBGPU_CASES);
  expect(entrantsOf({ rounds: 1, webgpu: true }).map(({ role }) => role)).toEqual(["ours"]);
  expect(entrantsOf({ rounds: 1, webgpu: true, peers: true })).toEqual(WEBGPU_ENTRANTS);
  expect(entrantsOf({ rounds: 1, webgpu: true, peers: ["jax"] }).map(({ name }) => name)).toContain("jax-js webgpu");
});
