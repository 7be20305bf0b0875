import { type Command, Option } from "commander";
import type { CompareOptions } from "../compare/run.ts";
import type { Io } from "../io.ts";
import { FORMATS } from "../readers/formats.ts";
import { integer } from "./arguments.ts";

const NOTES = `
A is the base, B what is held against it: a quantized or pruned model, a new checkpoint. Files and shapes are as for
eval; both have the same shape. Everything is computed in f64, whatever the files hold.

  loss B − A         mean of the rows' differences, with its 95 % interval: above 0, A is better
  perplexity B / A   exp of that
  KL(A‖B)            Kullback–Leibler divergence of the predictions, mean, maximum and quantiles
  p(target) B − A    change of the target's probability
  same prediction    rows for which both have the same most probable class

Examples:
  surprisal compare base.npy quantized.npy targets.npy
  surprisal compare a.safetensors b.safetensors targets.npy --logits logits --json

Exit codes: 0 done, 2 usage, 3 bad input, 4 backend unavailable, 130 interrupted.`;

/** Adds `surprisal compare`; the work itself is loaded when it runs. */
export function addCompare(program: Command, io: Io): void {
  program
    .command("compare")
    .summary("how far two models are apart on the same targets")
    .description("Compares two models' logits on the same targets, row by row.")
    .argument("<a>", "file of the base's logits")
    .argument("<b>", "file of the other model's logits")
    .argument("<targets>", "file of targets")
    .option("--logits <name>", "array, column, or columns (a,b or a*) that hold the logits, in both files")
    .option("--target <name>", "array, column, or columns that hold the targets")
    .addOption(
      new Option("--format <name>", "format of the files of logits, if not told by themselves").choices([...FORMATS]),
    )
    .addOption(new Option("--target-format <name>", "the same of the file of targets").choices([...FORMATS]))
    .option("--class-dim <dim>", "class axis of the logits (default: 1; 0 for rank 1)", integer)
    .option("--from-probabilities", "the files hold probabilities instead of logits")
    .option("--ignore-index <class>", "rows with this class index are left out (default: -100)", integer)
    .addOption(new Option("--backend <name>", "where to compute").choices(["auto", "wasm", "cpu"]).default("auto"))
    .option("--json", "one line of JSON, for programs")
    .addHelpText("after", NOTES)
    .action(async (a: string, b: string, targets: string, options: CompareOptions) => {
      const { runCompare } = await import("../compare/run.ts");
      await runCompare({ a, b, targets }, options, io);
    });
}
