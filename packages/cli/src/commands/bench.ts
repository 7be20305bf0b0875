import { type Command, Option } from "commander";
import { BACKENDS } from "../backends.ts";
import type { BenchOptions } from "../bench/run.ts";
import type { Io } from "../io.ts";

const NOTES = `
It takes some ten seconds. Logits lie where the backend computes; a time is that of the loss and of reading it back.

Exit codes: 0 done, 2 usage, 4 no backend, or not that of --backend, 130 interrupted.`;

/** Adds `surprisal bench`; the work itself is loaded when it runs. */
export function addBench(program: Command, io: Io): void {
  program
    .command("bench")
    .summary("which backend is the fastest on this machine, and from which size on")
    .description("Times the cross entropy of six sizes on each backend, and says which to take.")
    .addOption(
      new Option("--backend <name>", "which to time; auto: all")
        .choices(["auto", ...BACKENDS.map(({ name }) => name)])
        .default("auto"),
    )
    .option("--json", "one line of JSON, for programs")
    .addHelpText("after", NOTES)
    .action(async (options: BenchOptions) => {
      const { runBench } = await import("../bench/run.ts");
      await runBench(options, io);
    });
}
