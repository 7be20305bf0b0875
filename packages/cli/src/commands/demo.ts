import { type Command, Option } from "commander";
import { BACKENDS } from "../backends.ts";
import type { DemoOptions } from "../demo/run.ts";
import type { Io } from "../io.ts";

const NOTES = `
Every number is computed on the spot, and every composed loss is checked against the built-in one.

Exit codes: 0 all agree, 1 a check failed, 2 usage, 4 backend unavailable, 130 interrupted.`;

/** Adds `surprisal demo`; the work itself is loaded when it runs. */
export function addDemo(program: Command, io: Io): void {
  program
    .command("demo")
    .summary("a tour of the mathematics, with live numbers")
    .description("Entropy, cross entropy, binary and categorical; small, large, and on every backend.")
    .addOption(
      new Option("--backend <name>", "which to compare at the end; auto: all")
        .choices(["auto", ...BACKENDS.map(({ name }) => name)])
        .default("auto"),
    )
    .option("--json", "one line of JSON, for programs")
    .addHelpText("after", NOTES)
    .action(async (options: DemoOptions) => {
      const { runDemo } = await import("../demo/run.ts");
      await runDemo(options, io);
    });
}
