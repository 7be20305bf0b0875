import { execSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

// Every command that AGENTS.md tells to run is one that .ci/run runs, or runs here.

const commands = commandsOf(readFileSync("AGENTS.md", "utf8"));
const scripts = (JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> }).scripts;

/** Lines of blocks fenced as `sh`. */
function commandsOf(text: string): string[] {
  const blocks = text.matchAll(/^```sh\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, block = ""]) => block.split("\n").filter((line) => line !== ""));
}

/** What .ci/run starts, and what the scripts that it starts consist of. */
function runByCi(): string[] {
  const steps = [...readFileSync(".ci/run", "utf8").matchAll(/^ *step (.+)$/gm)].map(([, command = ""]) => command);
  const parts = steps.flatMap((step) => scripts[step.replace(/^npx -y pnpm@12 /, "")]?.split(" && ") ?? []);
  return [...steps, ...parts.map((part) => part.replace(/^pnpm /, "npx -y pnpm@12 "))];
}

function run(command: string, cwd = "."): string {
  // A vitest within vitest must not take itself for a worker of the outer one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
  return execSync(command, { cwd, env, encoding: "utf8", stdio: "pipe" });
}

/** Commands that CI does not run: how to run each, and what to see. */
const EXECUTED: Readonly<Record<string, { readonly run: (command: string) => string; readonly shows: RegExp }>> = {
  "npx -y pnpm@12 exec vitest run --project node packages/core/src/philox.test.ts": {
    run,
    shows: /Test Files .*1 passed/,
  },
  "npx -y pnpm@12 exec vitest run --project browser packages/core/src/philox.test.ts": {
    run,
    shows: /Test Files .*1 passed/,
  },
  'npx -y pnpm@12 conformance "softmax:shape=2x3;seed=7" --lane node-cpu': { run, shows: /1 case passed/ },
  "npx -y pnpm@12 format": { run: formatElsewhere, shows: /^const a = "b";\n$/ },
};

/** In a folder of its own: a test does not change the repository. */
function formatElsewhere(command: string): string {
  const folder = mkdtempSync(join(tmpdir(), "format-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts: { format: scripts["format"] } }));
  writeFileSync(join(folder, "a.ts"), "const a   =  'b'");
  copyFileSync(".oxfmtrc.json", join(folder, ".oxfmtrc.json"));
  run(command, folder);
  return readFileSync(join(folder, "a.ts"), "utf8");
}

test("AGENTS.md names commands", () => {
  expect(commands).toContain("npx -y pnpm@12 test");
  expect(commandsOf("```sh\na\n\nb c\n```\n```ts\nno\n```\n```sh\nd\n```\n")).toEqual(["a", "b c", "d"]);
});

test.each(commands.filter((command) => !(command in EXECUTED)))("%s is run by .ci/run", (command) => {
  expect(runByCi()).toContain(command);
});

test.each(Object.entries(EXECUTED))("%s runs here", { timeout: 60_000 }, (command, { run: execute, shows }) => {
  expect(commands).toContain(command);
  expect(execute(command)).toMatch(shows);
});

test("a command that nothing runs would be found", () => {
  expect(runByCi()).not.toContain("npx -y pnpm@12 publish");
});
