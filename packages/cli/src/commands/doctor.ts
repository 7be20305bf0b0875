import { type Command, Option } from "commander";
import { BACKENDS } from "../backends.ts";
import type { DoctorOptions } from "../doctor/run.ts";
import type { Io } from "../io.ts";

const NOTES = `
Each backend that is found computes a few losses and gradients, which are compared with PyTorch's.

Exit codes: 0 all that was found computes correctly, 1 something does not, 2 usage,
4 the backend named by --backend is unavailable, 130 interrupted.`;

/** Adds `surprisal doctor`; the work itself is loaded when it runs. */
export function addDoctor(program: Command, io: Io): void {
  program
    .command("doctor")
    .summary("which backends this machine has, and whether they compute correctly")
    .description(
      "Which backends this machine has, why it has not the others and what to do, and whether they compute correctly.",
    )
    .addOption(
      new Option("--backend <name>", "which to look at; auto: all")
        .choices(["auto", ...BACKENDS.map(({ name }) => name)])
        .default("auto"),
    )
    .option("--json", "one line of JSON, for programs")
    .addHelpText("after", NOTES)
    .action(async (options: DoctorOptions) => {
      const { runDoctor } = await import("../doctor/run.ts");
      await runDoctor(options, io);
    });
}
