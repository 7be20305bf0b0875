import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { CliError, EXIT, exitCodeOf, renderError } from "./exit.ts";
import { FormatError } from "./readers/format-error.ts";
import { run } from "./testing/io.ts";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

describe("what every command line has", () => {
  it("--version", async () => {
    expect(await run("--version")).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  });

  it.each([["--help"], ["eval", "--help"], ["demo", "--help"], ["doctor", "--help"]])(
    "help on stdout: %s %s",
    async (...argv) => {
      const { code, stdout, stderr } = await run(...argv);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain("Usage: surprisal");
    },
  );

  it("help on stderr, and exit code 2, without a command", async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("eval [options] <logits> [targets]");
    expect(stderr.trimEnd().split("\n").at(-1)).toBe("surprisal: a command is required");
  });
});

describe("usage errors: exit code 2, one line, nothing on stdout", () => {
  it.each([
    ["an unknown command", ["evla"], "surprisal: unknown command 'evla' (Did you mean eval?)"],
    [
      "an unknown option",
      ["eval", "a.npy", "b.npy", "--lable-smoothing", "0.1"],
      "surprisal: unknown option '--lable-smoothing' (Did you mean --label-smoothing?)",
    ],
    ["a missing argument", ["eval"], "surprisal: missing required argument 'logits'"],
    [
      "nothing that says where the targets are",
      ["eval", "a.npy"],
      "surprisal: targets required: a second file, or --target with its name in the first",
    ],
    [
      "a value that is no number",
      ["eval", "a.npy", "b.npy", "--softcap", "0x10"],
      "surprisal: option '--softcap <c>' argument '0x10' is invalid. A finite number is required.",
    ],
    [
      "a number that no double holds",
      ["eval", "a.npy", "b.npy", "--pos-weight", "1e999"],
      "surprisal: option '--pos-weight <w>' argument '1e999' is invalid. A finite number is required.",
    ],
    [
      "a text without bytes",
      ["eval", "a.npy", "b.npy", "--bytes", "0"],
      "surprisal: option '--bytes <n>' argument '0' is invalid. An integer from 1 on is required.",
    ],
    [
      "a value that is no integer",
      ["eval", "a.npy", "b.npy", "--ignore-index", "1.5"],
      "surprisal: option '--ignore-index <class>' argument '1.5' is invalid. An integer is required.",
    ],
    [
      "a word that is not among the choices",
      ["demo", "--backend", "tpu"],
      "surprisal: option '--backend <name>' argument 'tpu' is invalid. Allowed choices are auto, gpu, wasm, cpu.",
    ],
  ])("%s", async (_what, argv, message) => {
    expect(await run(...argv)).toEqual({ code: 2, stdout: "", stderr: `${message}\n` });
  });
});

describe("exit codes of errors", () => {
  it.each([
    [new CliError(EXIT.gateFailed, "x"), 1],
    [new CommanderError(1, "commander.unknownOption", "x"), 2],
    [new CommanderError(0, "commander.version", "x"), 0],
    [new FormatError("a.npy", "x"), 3],
    [new TypeError("x"), 70],
    ["not even an error", 70],
  ])("%s", (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  it("a user's error is one line, an internal one has its stack", () => {
    expect(renderError(new CliError(EXIT.usage, "one\n  two"))).toBe("one two");
    expect(renderError(new TypeError("x"))).toMatch(/^internal error, please report it: TypeError: x\n\s+at /);
  });
});
