import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { npyBytes } from "../packages/cli/src/testing/npy.ts";
import { publishedPackages } from "./packages/packed.ts";
import { allShown, type Saved, savedIn, type Shown, shownIn } from "./sessions.ts";

// Every command that a document shows does what it shows: `surprisal …` runs here, from what was built, on the arrays that the document
// saves before; scripts of the repository and packages to install are there.

const folder = mkdtempSync(join(tmpdir(), "sessions-"));
const bin = join(folder, "bin");
mkdirSync(bin);
writeFileSync(
  join(bin, "surprisal"),
  `#!/bin/sh\nexec "${process.execPath}" "${resolve("packages/cli/dist/bin.js")}" "$@"\n`,
);
chmodSync(join(bin, "surprisal"), 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

const shown = allShown();
const scripts = Object.keys((JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object }).scripts);

/** Commands that something else runs. */
const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  "surprisal demo": "`pnpm start` is the same, and .ci/run starts it",
};

function isOurs({ command }: Shown): boolean {
  return command.startsWith("surprisal ") && !(command in RUN_ELSEWHERE);
}

function bytesOf({ shape, dtype, values }: Saved): Uint8Array {
  const data = { f4: () => Float32Array.from(values), f8: () => Float64Array.from(values) };
  const array = dtype === "i8" ? BigInt64Array.from(values, BigInt) : data[dtype]();
  return npyBytes({ descr: `<${dtype}`, shape: `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`, data: array });
}

/** What is the same on every machine: no times, no backend's name, single spaces. */
function steady(text: string): string {
  const lines = text.trimEnd().split("\n");
  return lines
    .map((line) =>
      line
        .replaceAll(/[\d.]+ ms/g, "# ms")
        .replace(/^backend +\w+/, "backend #")
        .replaceAll(/ +/g, " ")
        .trimEnd(),
    )
    .join("\n");
}

function run(command: string): { status: number | null; stdout: string; stderr: string } {
  const [first = ""] = command.split(" | "); // what it is piped to is not ours
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
  return spawnSync("sh", ["-c", first], { cwd: folder, env, encoding: "utf8" });
}

describe.each([...new Set(shown.filter(isOurs).map(({ path }) => path))])("sessions of %s", (path) => {
  const text = readFileSync(path, "utf8");
  for (const saved of savedIn(path, text)) writeFileSync(join(folder, saved.file), bytesOf(saved));

  test.each(shownIn(path, text).filter(isOurs))("line $line: $command", ({ command, output }) => {
    const { status, stdout, stderr } = run(command);
    expect(status, stderr).toBe(0);
    expect(steady(stdout)).toBe(output === undefined ? steady(stdout) : steady(output));
  });
});

test.each(shown.filter(({ command }) => /\bpnpm\b/.test(command)))(
  "$path:$line $command is a script",
  ({ command }) => {
    const name = /\bpnpm(?:@12)? ([\w:-]+)/.exec(command)?.[1];
    expect([...scripts, "exec", "install"]).toContain(name);
  },
);

test.each(shown.filter(({ command }) => command.startsWith("npm install")))("$path:$line $command", ({ command }) => {
  const packages = command.split(" ").filter((word) => word.startsWith("@surprisal/"));
  const published = publishedPackages().map(({ manifest }) => manifest.name);
  expect(packages.filter((name) => !published.includes(name))).toEqual([]);
  expect(packages.length).toBeGreaterThan(0);
});

describe("the reader of sessions", () => {
  const DOCUMENT = "```console\n$ a b\n1\n2\n$ c\n```\n\n```sh\nd\n\ne\n```\n```text\n$ no\n```\n";

  test("takes commands with their output and their line", () => {
    expect(shownIn("a.md", DOCUMENT).map(({ line, command, output }) => [line, command, output])).toEqual([
      [2, "a b", "1\n2"],
      [5, "c", ""],
      [9, "d", undefined],
      [11, "e", undefined],
    ]);
  });

  test("takes arrays as NumPy would save them", () => {
    const code =
      '```python\nnp.save("a.npy", np.array([[1., 0.5]], dtype=np.float32))\nnp.save("b.npy", np.array([0, 1]))\n```\n';
    expect(savedIn("a.md", code)).toEqual([
      { file: "a.npy", shape: [1, 2], dtype: "f4", values: [1, 0.5] },
      { file: "b.npy", shape: [2], dtype: "i8", values: [0, 1] },
    ]);
    expect(() => savedIn("a.md", '```python\nnp.save("a.npy", x)\n```\n')).toThrow(
      "a.md:2 saves what this test cannot",
    );
  });

  test("forgets what differs from machine to machine, and nothing else", () => {
    expect(steady("loss  0.5\nbackend   cpu  2.1 ms\n")).toBe(steady("loss 0.5\nbackend wasm  78 ms"));
    expect(steady("loss 0.5")).not.toBe(steady("loss 0.6"));
  });
});
