import { afterEach, expect, it, vi } from "vitest";
import { EXIT } from "../exit.ts";
import { run } from "../testing/io.ts";

afterEach(() => vi.restoreAllMocks());

/** Lines that a command prints, which goes to the console here. */
async function printed(...argv: readonly string[]): Promise<string[]> {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const { code, stderr } = await run(...argv);
  expect({ code, stderr }).toEqual({ code: EXIT.done, stderr: "" });
  return log.mock.calls.flatMap((call) => call.join(" ").split("\n"));
}

it.each(["bash", "zsh", "fish", "powershell"])("prints a script for %s, which asks back", async (shell) => {
  const lines = await printed("completion", shell);
  expect(lines.some((line) => line.includes("surprisal complete"))).toBe(true);
});

it("completes commands, options and their values", async () => {
  const words = (lines: readonly string[]): string[] => lines.map((line) => line.split("\t")[0] ?? "");
  const commands = words(await printed("complete", "--", ""));
  for (const name of ["eval", "compare", "merge", "doctor", "demo"]) expect(commands).toContain(name);
  expect(words(await printed("complete", "--", "eval", "--label-s"))).toContain("--label-smoothing");
  expect(words(await printed("complete", "--", "eval", "--backend", ""))).toEqual(
    expect.arrayContaining(["auto", "gpu", "wasm", "cpu"]),
  );
});

it("refuses a shell that it does not know", async () => {
  expect(await run("completion", "tcsh")).toMatchObject({ code: EXIT.usage, stdout: "" });
});

it("is in the help", async () => {
  expect((await run("--help")).stdout).toMatch(/^ {2}completion /m);
});
