import type { Command } from "commander";
import type { Io } from "../io.ts";
import type { MergeOptions } from "../merge/run.ts";
import { decimal } from "./arguments.ts";

const NOTES = `
Each shard is evaluated on its own, on any machine, and leaves a state:
  surprisal eval logits.npy targets.npy --shard 3/10 --state out/3.json
  surprisal merge out/*.json

The result is bit for bit that of one run, in whatever order states are named. States of other settings,
of the same shard or of the same rows are refused.

Exit codes: 0 done, 1 a gate failed, 2 usage, 3 bad input, 75 shards are missing (they are listed), 130 interrupted.`;

/** Adds `surprisal merge`; the work itself is loaded when it runs. */
export function addMerge(program: Command, io: Io): void {
  program
    .command("merge")
    .summary("puts the states of shards together")
    .description("The result of an evaluation that was done in shards, from the states that they left.")
    .argument("<states...>", "state files of all shards, as `eval --state` writes them")
    .option("--report <file>", "also write a page with charts, an .html file that needs no other")
    .option("--max-loss <nats>", "exit with 1 if the loss is larger, or NaN", decimal)
    .option("--fail-on-nan", "exit with 1 if the loss, or that of any row, is not finite")
    .option("--json", "one line of JSON, for programs")
    .addHelpText("after", NOTES)
    .action(async (files: readonly string[], options: MergeOptions) => {
      const { runMerge } = await import("../merge/run.ts");
      await runMerge(files, options, io);
    });
}
